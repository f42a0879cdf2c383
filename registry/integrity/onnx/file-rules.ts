import type { FamilySpec } from '@assay/domain/families/family';
import type { CheckPolicy } from '@assay/domain/model-check/policy';
import { ok, quoted, type RuleResult, refused } from '@assay/domain/model-check/report';
import type { FolderEntry } from '../files.ts';
import type { ChildAnswer } from '../run-child.ts';
import type { Inspected } from './messages.ts';

/** `files/links`, `files/count`, `files/size`: judged by names and sizes, before a byte is read. */
export function contentRules(entries: readonly FolderEntry[], policy: CheckPolicy): RuleResult[] {
  const odd = entries.filter((e) => e.kind !== 'file');
  const total = entries.reduce((sum, e) => sum + e.sizeBytes, 0);
  const [largest] = [...entries]
    .filter((e) => e.path.endsWith('.onnx') || entries.length === 1)
    .sort((a, b) => b.sizeBytes - a.sizeBytes);
  return [
    odd.length === 0
      ? ok('files/links', 'only plain files')
      : refused(
          'files/links',
          `${quoted(odd[0]?.path ?? '')} is ${odd[0]?.kind === 'link' ? 'a symbolic link' : 'no plain file'}`,
          'Put copies of the files themselves into the folder',
        ),
    entries.length <= policy.maxFiles
      ? ok('files/count', `${entries.length} of at most ${policy.maxFiles}`)
      : refused(
          'files/count',
          `more than ${policy.maxFiles} files`,
          'Leave only the model and what belongs to it in the folder',
        ),
    sizeRule(largest, total, policy),
  ];
}

function sizeRule(largest: FolderEntry | undefined, total: number, policy: CheckPolicy): RuleResult {
  const rule = 'files/size';
  if (largest !== undefined && largest.sizeBytes > policy.maxFileBytes)
    return refused(
      rule,
      `${quoted(largest.path)} has ${largest.sizeBytes} bytes, more than ${policy.maxFileBytes}`,
      'Make the model smaller, keep its weights beside the file, or raise maxFileBytes in the policy',
    );
  if (total > policy.maxTotalBytes)
    return refused(
      rule,
      `${total} bytes in all, more than ${policy.maxTotalBytes}`,
      'Make the model smaller, or raise maxTotalBytes in the policy',
    );
  return ok(rule, `${total} bytes in all, of at most ${policy.maxTotalBytes}`);
}

const unread = (rule: string, reason: string): RuleResult =>
  refused(
    rule,
    `reading it failed: ${reason}`,
    'Export the model again; a sound file is read in well under a second',
  );

/** `files/model`: there is one model file, and MLmodel can be read. */
export function layoutRule(asked: ChildAnswer<Inspected>, spec: FamilySpec | null): RuleResult {
  const rule = 'files/model';
  if (!asked.ended) return unread(rule, asked.reason);
  const { file, layoutFault } = asked.value;
  if (layoutFault !== null)
    return refused(
      rule,
      layoutFault,
      'Log the model again with mlflow.onnx.log_model, or correct the folder',
    );
  if (file === null)
    return refused(
      rule,
      spec === null
        ? 'there is no .onnx file'
        : `there is no .onnx file, and family ${spec.family} needs one`,
      'Export the model as ONNX into the folder (model.onnx)',
    );
  return ok(rule, file);
}

/** `onnx/readable`: the bytes are an ONNX model as protobuf. */
export function readableRule(asked: ChildAnswer<Inspected>, policy: CheckPolicy): RuleResult {
  const rule = 'onnx/readable';
  if (!asked.ended) return unread(rule, asked.reason);
  const { facts, readFault, sizeBytes } = asked.value;
  if (facts !== null) return ok(rule, facts.producer === '' ? 'ONNX' : `ONNX by ${quoted(facts.producer)}`);
  return refused(
    rule,
    readFault === null
      ? `${sizeBytes} bytes, more than ${policy.maxFileBytes}`
      : `${sizeBytes} bytes are no ONNX model: ${readFault}`,
    'Export the model again as ONNX, and compare its SHA-256 after copying',
  );
}
