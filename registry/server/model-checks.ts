import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AssayError } from '@assay/domain/errors';
import { familySpec } from '@assay/domain/families/all';
import { FAMILY_NAMES, type Family } from '@assay/domain/families/family';
import { type CheckPolicy, DEFAULT_CHECK_POLICY } from '@assay/domain/model-check/policy';
import { type CheckReport, quoted, refusals, refused } from '@assay/domain/model-check/report';
import { SIGNATURE_FILE } from '@assay/domain/model-check/signing-policy';
import { checkModel } from '@assay/registry-integrity/onnx/check-model';
import { judgeSignature } from '@assay/registry-integrity/signing/judge-signature';
import { NO_SIGNERS, type TrustedSigners } from '@assay/registry-integrity/signing/trusted-signers';
import { type StoredFile, writeFolder } from '@assay/registry-integrity/write-folder';
import type { ArtifactStore } from '@assay/registry-store/artifacts';
import { one } from '@assay/registry-store/database';
import {
  CHECK_CHANNEL,
  type CheckState,
  type PendingVersion,
  pendingVersions,
  recordCheck,
  requeueJudgedBefore,
} from '@assay/registry-store/model-checks';
import type { FastifyBaseLogger } from 'fastify';
import type pg from 'pg';

/** Looks again without being told: a notice is lost with the connection that carried it. */
const LOOK_MS = 5_000;
const PROXY = /^mlflow-artifacts:\/+/;
/** Names that cannot lie beside each other or are too long, says the file system; bytes that rotted, says the store. */
const FINDINGS = ['EEXIST', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG', 'DATA_LOSS'];

export interface ModelChecksInput {
  readonly pool: pg.Pool;
  readonly artifacts: ArtifactStore;
  readonly logger: FastifyBaseLogger;
  readonly policy?: CheckPolicy;
  readonly signers?: TrustedSigners;
}

/** Longer than any list of files that the check allows. */
const LONGEST_SIGNATURE = 8 * 2 ** 20;

/** Checks queued versions one after another until disposed. What is queued outlives any process. */
export function startModelChecks(input: ModelChecksInput): AsyncDisposable {
  const stop = new AbortController();
  const done = untilStopped(input, stop.signal);
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await done;
    },
  };
}

async function untilStopped(input: ModelChecksInput, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await listen(input, signal);
    } catch (err) {
      input.logger.warn({ err }, 'model checks lost their database connection; they open another');
      await delay(LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

async function listen(input: ModelChecksInput, signal: AbortSignal): Promise<void> {
  const client = await input.pool.connect();
  let lost: Error | undefined;
  let wake = (): void => undefined;
  client.on('notification', () => wake());
  client.on('error', (cause) => {
    lost = cause;
    wake();
  });
  signal.addEventListener('abort', () => wake());
  try {
    await client.query(`LISTEN ${CHECK_CHANNEL}`);
    await requeueJudgedBefore(client, input.signers?.digest ?? null);
    while (!signal.aborted && lost === undefined) {
      const told = new Promise<void>((resolve) => {
        wake = resolve;
      });
      await checkAll(input, client, signal);
      const timer = setTimeout(() => wake(), LOOK_MS);
      if (!signal.aborted) await told;
      clearTimeout(timer);
    }
  } finally {
    // Not given back: it listens, and may hold a lock
    client.release(true);
  }
  if (lost !== undefined) throw lost;
}

async function checkAll(input: ModelChecksInput, client: pg.PoolClient, signal: AbortSignal): Promise<void> {
  for (const version of await pendingVersions(client)) {
    if (signal.aborted) return;
    await lockedCheck(input, client, version, signal).catch((err: unknown) => {
      input.logger.error({ err, ...version }, 'a model check failed; it is tried again');
    });
  }
}

/** The lock goes with the session, so that a dead process holds none and two registries check a version once. */
async function lockedCheck(
  input: ModelChecksInput,
  client: pg.PoolClient,
  version: PendingVersion,
  signal: AbortSignal,
): Promise<void> {
  const key = [`${CHECK_CHANNEL}/${version.version}/${version.name}`];
  const lock = await one(client, 'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS mine', key);
  if (lock?.mine !== true) return;
  try {
    const startedAtMs = Date.now();
    const result = await judge(input, version, signal);
    // Called off half-way: still pending, for the next process
    if (signal.aborted) return;
    await recordCheck(input.pool, version, result, Date.now());
    const { name, version: number } = version;
    const facts = { name, version: number, state: result.state, tookMs: Date.now() - startedAtMs };
    input.logger.info({ ...facts, summary: result.summary }, 'model version checked');
  } finally {
    await client.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', key);
  }
}

async function judge(
  { artifacts, policy = DEFAULT_CHECK_POLICY, signers = NO_SIGNERS }: ModelChecksInput,
  { location, family, signature }: PendingVersion,
  signal: AbortSignal,
): Promise<{ state: CheckState; report: CheckReport | null; summary: string }> {
  const root = location.replace(PROXY, '');
  const files = (await artifacts.tree(root)).map((a) => ({
    path: a.path.slice(root.length + 1),
    digest: a.digest,
    sizeBytes: Number(a.size),
  }));
  if (family === null && !files.some((f) => f.path.endsWith('.onnx')))
    return { state: 'none', report: null, summary: 'no ONNX file' };
  const folder = await mkdtemp(join(tmpdir(), 'assay-model-check-'));
  try {
    const found = await judgeIn(folder, files, family, { artifacts, policy, signal });
    const report = signers.digest === null ? found : await withSignature(found, folder, signature, signers);
    const first = refusals(report.rules)[0] ?? signatureRefusal(report);
    return { state: report.status, report, summary: first === undefined ? 'ok' : `refused: ${first}` };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function judgeIn(
  folder: string,
  files: readonly StoredFile[],
  family: string | null,
  by: { readonly artifacts: ArtifactStore; readonly policy: CheckPolicy; readonly signal: AbortSignal },
): Promise<CheckReport> {
  const known = FAMILY_NAMES.find((name): name is Family => name === family);
  try {
    await writeFolder(folder, files, by.policy.maxTotalBytes, async (digest) => by.artifacts.read(digest));
  } catch (cause) {
    return unusable(cause, family);
  }
  const report = await checkModel({
    path: folder,
    spec: known === undefined ? null : familySpec(known),
    policy: by.policy,
    signal: by.signal,
  });
  if (family === null || known !== undefined) return report;
  const remedy = `Set the tag to one of ${FAMILY_NAMES.join(', ')}`;
  const rule = refused('onnx/family', `there is no family ${quoted(family)}`, remedy);
  const rules = report.rules.map((r) => (r.rule === rule.rule ? rule : r));
  return { ...report, status: 'refused', family, rules };
}

/** The report with what became of the version's signature; a refused one refuses the version. */
async function withSignature(
  report: CheckReport,
  folder: string,
  tag: string | null,
  signers: TrustedSigners,
): Promise<CheckReport> {
  const { files, family } = report;
  const served = files.find((f) => f.path === report.file)?.sha256 ?? null;
  const inFile = files.find((f) => f.path === SIGNATURE_FILE);
  const isReadable = inFile !== undefined && inFile.sizeBytes <= LONGEST_SIGNATURE;
  const file = isReadable ? await readFile(join(folder, SIGNATURE_FILE), 'utf8') : null;
  const signature = judgeSignature(signers, { family, files, served, bundles: { tag, file } });
  return { ...report, status: signature.status === 'refused' ? 'refused' : report.status, signature };
}

const signatureRefusal = ({ signature }: CheckReport): string | undefined =>
  signature?.status === 'refused' ? `signature: ${signature.value}` : undefined;

/** Files that cannot be laid out or are not what they were: a finding. Anything else is thrown, and tried again. */
function unusable(cause: unknown, family: string | null): CheckReport {
  const odd = FINDINGS.includes((cause as NodeJS.ErrnoException).code ?? '');
  if (!odd && !(cause instanceof AssayError)) throw cause;
  const remedy = 'Log the model again, and register what was logged as a new version';
  const rules = [refused('files/content', (cause as Error).message, remedy)];
  return { status: 'refused', file: null, family, files: [], rules };
}
