import { lstat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AssayError } from '@assay/domain/errors';
import type { FamilySpec } from '@assay/domain/families/family';
import type { ModelFacts } from '@assay/domain/model-check/facts';
import { type CheckPolicy, DEFAULT_CHECK_POLICY } from '@assay/domain/model-check/policy';
import {
  type CheckReport,
  type FileDigest,
  type RuleResult,
  skipped,
} from '@assay/domain/model-check/report';
import { externalRule, operatorRules, versionRules } from '@assay/domain/model-check/rules';
import { familyRule, signatureRule } from '@assay/domain/model-check/signature-rules';
import { type FolderEntry, listFolder, sha256Of } from '../files.ts';
import { askChild } from '../run-child.ts';
import { contentRules, layoutRule, readableRule } from './file-rules.ts';
import type { Inspected, InspectRequest } from './messages.ts';
import { sampleRule } from './sample-rule.ts';

const INSPECT = fileURLToPath(new URL('./inspect-child.ts', import.meta.url));
/** Node's permission model: no writing, no processes, no native code. The heap limit ends a bomb before the watch does. */
const CONFINED = ['--permission', '--allow-fs-read=*', '--max-old-space-size=768'];

export interface CheckInput {
  /** A model folder (MLflow's layout or any), or one .onnx file with what lies beside it. */
  readonly path: string;
  readonly spec: FamilySpec | null;
  readonly policy?: CheckPolicy;
  /** Once aborted, the report says nothing about the model: throw it away. */
  readonly signal?: AbortSignal;
}

const AFTER_READING = ['onnx/ir-version', 'onnx/opset', 'onnx/domains', 'onnx/operators', 'onnx/nodes'];
const ABOUT_TENSORS = ['onnx/external-data', 'onnx/signature', 'onnx/family', 'onnx/sample-prediction'];

/**
 * Decides what a model file is without running it, and runs it only when all other rules are met; each in a process of
 * its own. Throws NOT_FOUND where there is nothing at the path; a bad model is a report, not an error.
 */
export async function checkModel({
  path,
  spec,
  policy = DEFAULT_CHECK_POLICY,
  signal,
}: CheckInput): Promise<CheckReport> {
  const { folder, file } = await placeOf(path);
  const entries = await entriesOf(folder, file, policy);
  const content = contentRules(entries, policy);
  const mayRead = content.every((r) => r.status === 'ok');
  const asked = mayRead ? await inspect(folder, file, policy, signal) : null;
  const layout = asked === null ? [] : [layoutRule(asked, spec)];
  const readable = asked === null || layout[0]?.status !== 'ok' ? [] : [readableRule(asked, policy)];
  const facts = asked?.ended && readable[0]?.status === 'ok' ? asked.value.facts : null;
  const rules = facts === null ? [] : factRules(facts, asked?.ended ? asked.value : null, spec, policy);
  const done = [...content, ...layout, ...readable, ...rules];
  const chosen = asked?.ended ? asked.value.file : null;
  const maySample = facts !== null && chosen !== null && done.every((r) => r.status !== 'refused');
  const sample = maySample
    ? [await sampleRule({ file: join(folder, chosen), facts, spec, policy, signal })]
    : [];
  const all = completed([...done, ...sample]);
  return {
    status: all.some((r) => r.status === 'refused') ? 'refused' : 'ok',
    file: chosen ?? file,
    family: spec?.family ?? null,
    files: await digestsOf(folder, entries, mayRead, facts, file),
    rules: all,
  };
}

async function placeOf(path: string): Promise<{ folder: string; file: string | null }> {
  const stat = await lstat(path).catch((cause: unknown) => {
    throw new AssayError('NOT_FOUND', `Cannot check "${path}": there is no such file or folder`, { cause });
  });
  return stat.isDirectory() ? { folder: path, file: null } : { folder: dirname(path), file: basename(path) };
}

async function entriesOf(folder: string, file: string | null, policy: CheckPolicy): Promise<FolderEntry[]> {
  if (file === null) return listFolder(folder, policy.maxFiles);
  const stat = await lstat(join(folder, file));
  const kind = stat.isSymbolicLink() ? 'link' : stat.isFile() ? 'file' : 'other';
  return [{ path: file, kind, sizeBytes: stat.size }];
}

const inspect = (folder: string, file: string | null, policy: CheckPolicy, signal?: AbortSignal) => {
  const request: InspectRequest = { folder, file, maxFileBytes: policy.maxFileBytes };
  const { readTimeoutMs: timeoutMs, memoryBytes } = policy;
  const limits = { timeoutMs, memoryBytes, signal };
  return askChild<Inspected>({ script: INSPECT, nodeFlags: CONFINED, request, ...limits });
};

const factRules = (
  facts: ModelFacts,
  inspected: Inspected | null,
  spec: FamilySpec | null,
  policy: CheckPolicy,
): RuleResult[] => [
  ...versionRules(facts, policy),
  ...operatorRules(facts, policy),
  // Model servers load one file by its digest; what lies beside it does not travel
  externalRule(facts, spec === null ? policy : { ...policy, externalData: 'none' }),
  signatureRule(facts, inspected?.signature ?? null),
  familyRule(facts, spec),
];

/** Rules that were not looked at are named too, so that every report has the same lines. */
function completed(rules: readonly RuleResult[]): RuleResult[] {
  const known = new Set(rules.map((r) => r.rule));
  const rest = ['files/model', 'onnx/readable', ...AFTER_READING, ...ABOUT_TENSORS].filter(
    (r) => !known.has(r),
  );
  return [...rules, ...rest.map((r) => skipped(r, 'not looked at, because of the refusal above'))];
}

/** Of a single file: of it and of the weights beside it. Nothing is read where a limit of size is broken. */
async function digestsOf(
  folder: string,
  entries: readonly FolderEntry[],
  mayRead: boolean,
  facts: ModelFacts | null,
  file: string | null,
): Promise<FileDigest[]> {
  const inside = facts?.external.filter((e) => e.found === 'inside') ?? [];
  const beside = file === null ? [] : [...new Map(inside.map((e) => [e.location, e.sizeBytes]))];
  const files = [
    ...entries.filter((e) => e.kind === 'file').map((e) => [e.path, e.sizeBytes] as const),
    ...beside,
  ];
  const digests: FileDigest[] = [];
  for (const [path, sizeBytes] of files.slice(0, 10_000))
    digests.push({ path, sha256: mayRead ? await sha256Of(join(folder, path)) : null, sizeBytes });
  return digests;
}
