import { createHash, randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { RegistryProcess } from '../../test/plane/registry-process.ts';

const MODEL = 'crashed';
const BASE = '/api/2.0/mlflow-artifacts';
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** What the registry has answered with 200, and so may never lose. */
interface Acknowledged {
  readonly files: Map<string, string>;
  readonly versions: Set<number>;
  /** The version last set, and those whose answer a kill has swallowed since. */
  alias: { readonly set: number | undefined; readonly asked: number[] };
}

interface Multipart {
  readonly path: string;
  readonly parts: readonly Buffer[];
  readonly uploadId: string;
  readonly credentials: readonly { readonly url: string; readonly headers: Record<string, string> }[];
}

export interface CrashReport {
  readonly rounds: number;
  readonly filesAcknowledged: number;
  readonly multipartAcknowledged: number;
  readonly versionsAcknowledged: number;
  readonly answersLost: number;
  /** Empty when every promise was kept. */
  readonly broken: readonly string[];
}

const call = async (url: string, method: string, path: string, body?: object) => {
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: { 'Content-Type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Record<string, never>;
};
const mlflow = (url: string, method: string, path: string, body?: object) =>
  call(url, method, `/api/2.0/mlflow/${path}`, body);

/** Writers that go on until the process under them is killed; a swallowed answer is no failure, a refusal is one. */
export class CrashWriters {
  readonly acknowledged: Acknowledged = {
    files: new Map(),
    versions: new Set(),
    alias: { set: undefined, asked: [] },
  };
  readonly refusals: string[] = [];
  answersLost = 0;
  multipart = 0;
  #open: Multipart | undefined;
  #root = '';
  #runId = '';
  #count = 0;

  async prepare(url: string): Promise<void> {
    const { run } = (await mlflow(url, 'POST', 'runs/create', { experiment_id: '0' })) as unknown as {
      run: { info: { run_id: string; artifact_uri: string } };
    };
    this.#runId = run.info.run_id;
    this.#root = run.info.artifact_uri.replace('mlflow-artifacts:/', '');
    await mlflow(url, 'POST', 'registered-models/create', { name: MODEL });
  }

  async write(url: string, killed: () => boolean): Promise<void> {
    const forever = async (work: (url: string) => Promise<void>) => {
      while (!killed()) {
        try {
          await work(url);
        } catch (error) {
          if (error instanceof Error && !killed() && !(error instanceof TypeError))
            this.refusals.push(error.message);
          this.answersLost += 1;
        }
      }
    };
    await Promise.all([
      forever((u) => this.#upload(u)),
      forever((u) => this.#uploadInParts(u)),
      forever((u) => this.#register(u)),
    ]);
  }

  async #put(url: string, path: string, bytes: Buffer): Promise<void> {
    const answer = await fetch(`${url}${BASE}/artifacts/${path}`, {
      method: 'PUT',
      body: new Blob([new Uint8Array(bytes)]),
    });
    if (!answer.ok) throw new Error(`PUT ${path}: ${answer.status}`);
    this.acknowledged.files.set(path, sha256(bytes));
  }

  #next(folder: string): string {
    this.#count += 1;
    return `${this.#root}/${folder}/${this.#count}`;
  }

  /** Every fourth file has bytes that others have too. */
  async #upload(url: string): Promise<void> {
    const shared = this.#count % 4 === 0;
    const bytes = shared
      ? Buffer.alloc(200_000, this.#count % 3)
      : randomBytes(20_000 + (this.#count % 7) * 250_000);
    await this.#put(url, this.#next('files'), bytes);
  }

  /** One upload goes on over as many kills as it takes. */
  async #uploadInParts(url: string): Promise<void> {
    this.#open ??= await this.#beginParts(url);
    const { path, parts, uploadId, credentials } = this.#open;
    const at = await fetch(`${url}/api/assay/v1/uploads/${uploadId}`);
    const { received } = (await at.json()) as { received: { part: number; etag: string }[] };
    const etags = new Map(received.map((r) => [r.part, r.etag]));
    for (const [i, bytes] of parts.entries()) {
      const credential = credentials[i];
      if (etags.has(i + 1) || credential === undefined) continue;
      const answer = await fetch(credential.url, {
        method: 'PUT',
        headers: credential.headers,
        body: new Blob([new Uint8Array(bytes)]),
      });
      if (!answer.ok) throw new Error(`part ${i + 1}: ${answer.status} ${await answer.text()}`);
      etags.set(i + 1, String(answer.headers.get('etag')));
    }
    const [folder, name] = [path.slice(0, path.lastIndexOf('/')), path.slice(path.lastIndexOf('/') + 1)];
    const sent = [...etags].map(([part_number, etag]) => ({ part_number, etag }));
    await call(url, 'POST', `${BASE}/mpu/complete/${folder}`, {
      path: name,
      upload_id: uploadId,
      parts: sent,
    });
    this.acknowledged.files.set(path, sha256(Buffer.concat(parts)));
    this.multipart += 1;
    this.#open = undefined;
  }

  async #beginParts(url: string): Promise<Multipart> {
    const path = this.#next('parts');
    const parts = Array.from({ length: 4 }, () => randomBytes(400_000));
    const [folder, name] = [path.slice(0, path.lastIndexOf('/')), path.slice(path.lastIndexOf('/') + 1)];
    const begun = (await call(url, 'POST', `${BASE}/mpu/create/${folder}`, {
      path: name,
      num_parts: 4,
    })) as unknown as {
      upload_id: string;
      credentials: Multipart['credentials'];
    };
    return { path, parts, uploadId: begun.upload_id, credentials: begun.credentials };
  }

  async #register(url: string): Promise<void> {
    const folder = this.#next('models');
    await this.#put(url, `${folder}/model.onnx`, randomBytes(5_000));
    const { model_version } = (await mlflow(url, 'POST', 'model-versions/create', {
      name: MODEL,
      source: `mlflow-artifacts:/${folder}`,
      run_id: this.#runId,
    })) as unknown as { model_version: { version: string } };
    const version = Number(model_version.version);
    this.acknowledged.versions.add(version);
    this.acknowledged.alias.asked.push(version);
    await mlflow(url, 'POST', 'registered-models/alias', {
      name: MODEL,
      alias: 'newest',
      version: String(version),
    });
    this.acknowledged.alias = { set: version, asked: [] };
  }
}

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((f) => f.isFile())
    .map((f) => f.name);

/** Compares what was acknowledged with what is there after the last start, then sweeps and looks for orphans on disk. */
export async function findBroken(
  url: string,
  { acknowledged, refusals }: CrashWriters,
  artifacts: string,
): Promise<string[]> {
  const broken = refusals.map((r) => `refused although nothing was wrong: ${r}`);
  for (const [path, digest] of acknowledged.files) {
    const answer = await fetch(`${url}${BASE}/artifacts/${path}`);
    const found = answer.ok ? sha256(new Uint8Array(await answer.arrayBuffer())) : `HTTP ${answer.status}`;
    if (found !== digest) broken.push(`acknowledged file lost or changed: ${path} is ${found}`);
  }
  const { model_versions = [] } = (await mlflow(
    url,
    'GET',
    `model-versions/search?max_results=10000&filter=name%3D'${MODEL}'`,
  )) as unknown as {
    model_versions?: { version: string; source: string }[];
  };
  const numbers = model_versions.map((v) => Number(v.version)).sort((a, b) => a - b);
  if (numbers.some((n, i) => n !== i + 1)) broken.push(`version numbers have gaps: ${numbers.join(' ')}`);
  for (const version of acknowledged.versions)
    if (!numbers.includes(version)) broken.push(`acknowledged version lost: ${version}`);
  for (const version of numbers) {
    const { onnx } = (await call(
      url,
      'GET',
      `/api/assay/v1/model-versions/${MODEL}/${version}`,
    )) as unknown as { onnx: object | null };
    if (onnx === null) broken.push(`half a version: ${version} has no file`);
  }
  const { set, asked } = acknowledged.alias;
  if (set !== undefined) {
    const { model_version } = (await mlflow(
      url,
      'GET',
      `registered-models/alias?name=${MODEL}&alias=newest`,
    )) as unknown as {
      model_version: { version: string };
    };
    if (![set, ...asked].includes(Number(model_version.version)))
      broken.push(`alias is at ${model_version.version}, acknowledged ${set}, asked ${asked.join(' ')}`);
  }
  return [...broken, ...(await findOrphans(url, acknowledged, artifacts))];
}

const findOrphans = async (url: string, { files }: Acknowledged, artifacts: string): Promise<string[]> => {
  const answer = await fetch(`${url}/api/assay/v1/sweeps`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: 'Bearer sweeper' },
    body: JSON.stringify({ grace_ms: 0 }),
  });
  if (!answer.ok) return [`the sweep failed: ${answer.status} ${await answer.text()}`];
  const named = new Set<string>(files.values());
  const orphans = [];
  for (const digest of filesBelow(join(artifacts, 'blobs'))) {
    // An upload whose answer was lost may have been named: what can be asked for by digest is no orphan
    if (
      !named.has(digest) &&
      !(await fetch(`${url}/api/assay/v1/blobs/sha256/${digest}`, { method: 'HEAD' })).ok
    )
      orphans.push(`orphan blob after the sweep: ${digest}`);
  }
  for (const folder of ['incoming', 'uploads'])
    for (const file of filesBelow(join(artifacts, folder)))
      orphans.push(`orphan in ${folder} after the sweep: ${file}`);
  return orphans;
};

export const CRASH_ENV = {
  ASSAY_TOKENS: JSON.stringify({ sweeper: { subject: 'crash test', role: 'service' } }),
  ASSAY_SWEEP_EVERY_MS: '0',
};

/** Kills the registry `rounds` times in the middle of uploads, registrations and alias moves, then counts broken promises. */
export async function crash(
  start: () => Promise<RegistryProcess>,
  artifacts: string,
  rounds: number,
  progress: (round: number) => void = () => {},
): Promise<CrashReport> {
  const writers = new CrashWriters();
  for (let round = 0; round < rounds; round += 1) {
    const registry = await start();
    if (round === 0) await writers.prepare(registry.url);
    let killed = false;
    const writing = writers.write(registry.url, () => killed);
    await delay(30 + ((round * 97) % 400));
    killed = true;
    await registry.end('SIGKILL');
    await writing;
    progress(round + 1);
  }
  const registry = await start();
  try {
    const broken = await findBroken(registry.url, writers, artifacts);
    return {
      rounds,
      filesAcknowledged: writers.acknowledged.files.size,
      multipartAcknowledged: writers.multipart,
      versionsAcknowledged: writers.acknowledged.versions.size,
      answersLost: writers.answersLost,
      broken,
    };
  } finally {
    await registry.end('SIGTERM');
  }
}
