import { createHash } from 'node:crypto';
import { RELEASE_TAG } from '@assay/domain/alias-request';
import { AssayError } from '@assay/domain/errors';
import { type ModelCard, modelCard, REPORTS } from '@assay/domain/model-card';
import type { Endpoint, TrackedVersion } from '@assay/domain/ports/control-store';
import type { ModelRegistry, RegisteredVersion } from '@assay/domain/ports/model-registry';
import type { EndpointPart, EnvironmentLock, ModelVersionView } from '@assay/domain/read-models';
import { releaseId } from '@assay/domain/release';
import type { EndpointRoute, ServedVersion } from '@assay/domain/route-plan';
import { ENVIRONMENT_LOCK, ENVIRONMENT_TAG } from '@assay/domain/trainer';
import type { Deps } from '../deps.ts';

/** Longest report or signature that is shown; a larger file is no report. */
const LONGEST_BYTES = 256 * 1024;

/** Everything known of a version. Throws NOT_FOUND, UNREACHABLE (the registry is away). */
export async function modelVersionView(
  { store, registry }: Pick<Deps, 'store' | 'registry'>,
  model: string,
  version: string,
): Promise<ModelVersionView> {
  if (registry === undefined)
    throw new AssayError('UNREACHABLE', `Cannot show ${model}/${version}: no registry is configured`);
  const [registered, facts, aliases, endpoints, tracked] = await Promise.all([
    registry.version(model, version),
    registry.facts(model, version),
    registry.aliases(model),
    store.endpoints(),
    trackedOrNull(store.version(model, version)),
  ]);
  const id = releaseId(model, version);
  const [release, record] = await Promise.all([trackedOrNull(store.release(id)), store.auditOf(id)]);
  const served = endpoints.flatMap((e) => partsOf(e, model, version).map((as) => ({ endpoint: e, as })));
  const read = (name: string) => jsonFile(registry, facts.files, { model, version, name });
  const [environment, signature, fairness, robustness] = await Promise.all([
    environmentOf(registry, facts.files, registered),
    signatureOf(registry, facts.files, { model, version }),
    read(REPORTS.fairness),
    read(REPORTS.robustness),
  ]);
  const validated = record.findLast((e) => e.event === 'release.validated');
  return {
    createdAtMs: facts.createdAtMs,
    run: facts.run === null ? null : { id: facts.run.id, name: facts.run.name },
    files: facts.files,
    check: registered.check ?? null,
    releaseTag: registered.tags[RELEASE_TAG] ?? null,
    approvals: record
      .filter((e) => e.event.endsWith('.approved'))
      .map((e) => ({ by: e.actor.id, atMs: e.atMs, reason: e.reason })),
    tracked,
    quarantined: tracked?.stage === 'rolled-back',
    authors: [...new Set([...(tracked === null ? [] : [tracked.createdBy]), ...registered.authors])],
    aliases: Object.keys(aliases).filter((alias) => aliases[alias] === version),
    endpoints: served.map(({ endpoint, as }) => ({ name: endpoint.name, as })),
    release,
    signature: registered.signature ?? null,
    environment,
    card: modelCard({
      registered,
      facts,
      endpoints: served.map(({ endpoint }) => ({ name: endpoint.name, owner: endpoint.owner })),
      signature,
      validation: validated?.evidence ?? null,
      fairness,
      robustness,
    }),
  };
}

async function trackedOrNull<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof AssayError && error.code === 'NOT_FOUND') return null;
    throw error;
  }
}

/** As what an endpoint's route names the version. */
export function partsOf({ route }: Endpoint, model: string, version: string): readonly EndpointPart[] {
  if (route === undefined) return [];
  const isIt = (v: ServedVersion | undefined) => v?.model === model && v.version === version;
  const arms = (r: EndpointRoute) => r.experiments.flatMap((x) => x.arms.map((a) => a.served));
  const parts: readonly (readonly [EndpointPart, boolean])[] = [
    ['champion', isIt(route.champion)],
    ['canary', isIt(route.canary)],
    ['shadow', route.shadows.some(isIt)],
    ['experiment', arms(route).some(isIt)],
  ];
  return parts.filter(([, is]) => is).map(([part]) => part);
}

type Files = readonly { readonly path: string; readonly sizeBytes: number }[];
interface Named {
  readonly model: string;
  readonly version: string;
  readonly name: string;
}

async function textFile(
  registry: ModelRegistry,
  files: Files,
  { model, version, name }: Named,
): Promise<string | null> {
  const file = files.find((f) => f.path === name);
  if (file === undefined || file.sizeBytes > LONGEST_BYTES) return null;
  return registry.artifactText(model, version, name);
}

const PINNED = /^([A-Za-z0-9][\w.-]*)==([^\s;\\]+)/gm;

/** The lock that Assay's own trainings leave, or requirements.txt of MLflow's clients. */
async function environmentOf(
  registry: ModelRegistry,
  files: Files,
  { model, version, tags }: RegisteredVersion,
): Promise<EnvironmentLock | null> {
  for (const path of [ENVIRONMENT_LOCK, 'requirements.txt']) {
    const content = await textFile(registry, files, { model, version, name: path });
    if (content === null) continue;
    const digest = createHash('sha256').update(content).digest('hex');
    const said = tags[ENVIRONMENT_TAG];
    const packages = [...content.matchAll(PINNED)].map(([, name, pinned]) => `${name}==${pinned}`);
    return { path, digest, asTrained: said === undefined ? null : said === digest, packages, content };
  }
  return null;
}

/** What is no JSON is shown as the text that it is. */
async function jsonFile(registry: ModelRegistry, files: Files, named: Named): Promise<unknown> {
  const text = await textFile(registry, files, named);
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Assay's own signature.json, or the signature inside MLflow's MLmodel. */
async function signatureOf(
  registry: ModelRegistry,
  files: Files,
  ref: Pick<TrackedVersion, 'model' | 'version'>,
): Promise<ModelCard['signature']> {
  const own = await jsonFile(registry, files, { ...ref, name: 'signature.json' });
  if (typeof own === 'object' && own !== null) {
    const { inputs, outputs } = own as { inputs?: unknown; outputs?: unknown };
    return { inputs: inputs ?? null, outputs: outputs ?? null };
  }
  const text = await textFile(registry, files, { ...ref, name: 'MLmodel' });
  return text === null ? null : signatureInMlmodel(text);
}

/** `inputs` and `outputs` of MLmodel's `signature` are JSON in a YAML scalar, folded over lines where long. */
export function signatureInMlmodel(text: string): ModelCard['signature'] {
  const block = /^signature:\n((?: {2}.*\n?)*)/m.exec(text)?.[1];
  if (block === undefined) return null;
  const read = (key: string): unknown => {
    const folded = new RegExp(`^ {2}${key}: (.*\\n(?: {4}.*\\n)*)`, 'm').exec(`${block}\n`)?.[1] ?? '';
    const scalar = folded.replaceAll(/\n\s*/g, ' ').trim();
    const single = /^'(.*)'$/s.exec(scalar)?.[1]?.replaceAll("''", "'");
    try {
      const parsed: unknown = JSON.parse(single ?? scalar);
      return typeof parsed === 'string' ? JSON.parse(parsed) : parsed;
    } catch {
      return null;
    }
  };
  return { inputs: read('inputs'), outputs: read('outputs') };
}
