import { readFileSync } from 'node:fs';
import { PostgresControlStore } from '@assay/adapters/postgres/control-store';
import { PostgresRegistryLedger } from '@assay/adapters/postgres/registry-ledger';
import { httpModelRegistry } from '@assay/adapters/registry/http-model-registry';
import { TemporalWorkflows } from '@assay/adapters/temporal/workflows';
import { freePort } from '@assay/cli/supervisor/free-port';
import { RegistryWatch } from '@assay/control-plane-server/registry-watch/registry-watch';
import type { Stage } from '@assay/domain/model-version';
import pg from 'pg';
import { startTestRegistry, type TestRegistry, TOKENS } from './registry-server.ts';

export interface Answer {
  readonly status: number;
  readonly body: { readonly error_code?: string; readonly message?: string } & Readonly<
    Record<string, unknown>
  >;
}

/** Sound for its family, so that the registry's check lets it through. */
const RANKER = readFileSync(new URL('../reference/models/ranking-affinity.onnx', import.meta.url));
const WORD = { actor: { kind: 'person', id: 'ada' }, reason: 'test', evidence: {} } as const;

/** A real registry process and a real control store over one database; Temporal is away. */
export class GateWorld implements AsyncDisposable {
  readonly registry: TestRegistry;
  readonly store: PostgresControlStore;
  readonly ledger: PostgresRegistryLedger;
  readonly watch: RegistryWatch;
  readonly workflows: TemporalWorkflows;
  /** A person at the database, not the registry. */
  readonly psql: pg.Client;
  readonly #stack: AsyncDisposableStack;

  private constructor(
    parts: Pick<GateWorld, 'registry' | 'store' | 'ledger' | 'watch' | 'workflows' | 'psql'>,
    stack: AsyncDisposableStack,
  ) {
    this.registry = parts.registry;
    this.store = parts.store;
    this.ledger = parts.ledger;
    this.watch = parts.watch;
    this.workflows = parts.workflows;
    this.psql = parts.psql;
    this.#stack = stack;
  }

  /** `env` of the registry comes on top. */
  static async start(env: Readonly<Record<string, string>> = {}): Promise<GateWorld> {
    const stack = new AsyncDisposableStack();
    const registry = stack.use(await startTestRegistry(env));
    const store = stack.use(await PostgresControlStore.connect(registry.database));
    const ledger = stack.use(new PostgresRegistryLedger(registry.database));
    const workflows = stack.use(new TemporalWorkflows(`127.0.0.1:${await freePort()}`));
    const psql = new pg.Client({ connectionString: registry.database, application_name: 'psql' });
    await psql.connect();
    stack.defer(() => psql.end());
    const watch = new RegistryWatch({
      store,
      workflows,
      ledger,
      registry: httpModelRegistry({ baseUrl: registry.url, token: TOKENS.service }),
      // Every step counts as long ago: nothing is waited for
      nowMs: () => Date.now() + 60_000,
    });
    return new GateWorld({ registry, store, ledger, watch, workflows, psql }, stack);
  }

  async ask(method: string, path: string, body: object, token: string = TOKENS.scientist): Promise<Answer> {
    const response = await fetch(`${this.registry.url}/api/2.0/mlflow/${path}`, {
      method,
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Answer['body'] };
  }

  async upload(source: string, file: string, body: Buffer | string): Promise<void> {
    const folder = source.replace(/^mlflow-artifacts:\/+/, '');
    await fetch(`${this.registry.url}/api/2.0/mlflow-artifacts/artifacts/${folder}/${file}`, {
      method: 'PUT',
      body: typeof body === 'string' ? body : new Uint8Array(body),
      headers: { Authorization: `Bearer ${TOKENS.scientist}` },
    });
  }

  /** A version with a real ONNX file; `tags` as a data scientist gives them. */
  async register(
    name: string,
    tags: Readonly<Record<string, string>>,
    withOnnx = true,
    onnx = RANKER,
    files: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    await this.ask('POST', 'registered-models/create', { name });
    const { body } = await this.ask('POST', 'runs/create', { experiment_id: '0', start_time: 1_000 });
    const { run_id, artifact_uri } = (body as unknown as { run: { info: Record<string, string> } }).run.info;
    const source = `${artifact_uri}/model`;
    if (withOnnx) await this.upload(source, 'model.onnx', Buffer.from(onnx));
    for (const [file, content] of Object.entries(files)) await this.upload(source, file, content);
    await this.ask('POST', 'runs/update', { run_id, status: 'FINISHED', end_time: 2_000 });
    const made = await this.ask('POST', 'model-versions/create', {
      name,
      source,
      run_id,
      tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
    });
    return (made.body as unknown as { model_version: { version: string } }).model_version.version;
  }

  /** Answers what waits, so that no later look tries to reach Temporal for it. */
  async clearRequests(): Promise<void> {
    for (const { id } of await this.ledger.waiting()) await this.ledger.answer(id, 'refused', 'test');
  }

  alias(name: string, alias: string, version: string, token?: string): Promise<Answer> {
    return this.ask('POST', 'registered-models/alias', { name, alias, version }, token);
  }

  /** What Python's client reads. */
  async held(name: string): Promise<Record<string, string>> {
    const response = await fetch(`${this.registry.url}/api/2.0/mlflow/registered-models/get?name=${name}`);
    const { registered_model: model } = (await response.json()) as {
      registered_model: { aliases?: { alias: string; version: string }[] };
    };
    return Object.fromEntries((model.aliases ?? []).map((a) => [a.alias, a.version]));
  }

  async tag(name: string, version: string): Promise<string | undefined> {
    const response = await fetch(
      `${this.registry.url}/api/2.0/mlflow/model-versions/get?name=${name}&version=${version}`,
    );
    const { model_version: found } = (await response.json()) as {
      model_version: { tags?: { key: string; value: string }[] };
    };
    return found.tags?.find((t) => t.key === 'assay.release')?.value;
  }

  async endpoint(name: string, family: 'ranking' | 'pricing' | 'bidding' | 'vision'): Promise<void> {
    await this.store.createEndpoint(
      { name, family, owner: 'team', policy: { rules: [] }, autonomy: 'propose', profile: 'demo' },
      { decision: name, event: 'test', ...WORD },
    );
  }

  /** Brings a version through its stages by the same transitions as a release does. */
  async stages(
    model: string,
    version: string,
    family: 'ranking' | 'pricing' | 'bidding' | 'vision',
    stages: readonly Stage[],
  ): Promise<void> {
    const decision = `release/${model}/${version}`;
    await this.store.trackVersion(
      { model, version, family, createdBy: 'ada', digest: 'd' },
      { decision, event: 'version.tracked', ...WORD },
    );
    for (const stage of stages)
      await this.store.commit({
        key: `${decision}/${stage}`,
        statement: { decision, event: `test.${stage}`, ...WORD },
        changes: [{ kind: 'stage', model, version, stage }],
        by: 'automation',
      });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}
