import { createHash } from 'node:crypto';
import { AssayError } from '@assay/domain/errors';
import type { ArtifactFile, ArtifactRoot } from './entities.ts';
import type { MlflowSource } from './mlflow-source.ts';
import type { Report } from './report.ts';
import { patiently } from './retry.ts';
import type { MigrationTarget, Placed } from './target.ts';

export interface Ends {
  readonly source: MlflowSource;
  readonly target: MigrationTarget;
  readonly report: Report;
}

/** SHA-256 and size of what flows through. */
const measured = (bytes: ReadableStream<Uint8Array>) => {
  const hash = createHash('sha256');
  let size = 0;
  const tap = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      hash.update(chunk);
      size += chunk.length;
      controller.enqueue(chunk);
    },
  });
  return { stream: bytes.pipeThrough(tap), result: () => ({ digest: hash.digest('hex'), size }) };
};

const digestOf = async (bytes: ReadableStream<Uint8Array>): Promise<string> => {
  const hash = createHash('sha256');
  for await (const chunk of bytes) hash.update(chunk);
  return hash.digest('hex');
};

/** One file, never whole in memory; a broken connection starts it anew. Answers the digest of what the source sent. */
const copyFile = (ends: Ends, root: ArtifactRoot, file: ArtifactFile, placed: Placed): Promise<string> =>
  patiently(async () => {
    const { stream, result } = measured(await ends.source.read(root, file.path));
    await ends.target.write(placed, file.path, stream);
    const { digest, size } = result();
    if (size !== file.sizeBytes)
      throw new AssayError(
        'ARTIFACT_DIGEST',
        `Cannot copy "${file.path}" of ${root.kind} ${root.id}: ${size} bytes came of ${file.sizeBytes} announced`,
      );
    ends.report.artifacts.bytesCopied += size;
    return digest;
  });

/** Brings the files that the target lacks, and compares the digest of each with what the source sent. Throws ARTIFACT_DIGEST. */
export async function copyArtifacts(
  ends: Ends,
  root: ArtifactRoot,
  files: readonly ArtifactFile[],
  placed: Placed,
): Promise<void> {
  if (files.length === 0) return;
  const { source, target, report } = ends;
  const before = await target.stored(placed);
  const there = files.filter((f) => before.get(f.path) === f.sizeBytes).map((f) => f.path);
  const kept = there.length === 0 ? new Map<string, string>() : await target.digests(placed, there);
  const sent = new Map<string, string>();
  for (const file of files) {
    const known = kept.get(file.path);
    if (known !== undefined && there.includes(file.path)) {
      report.artifacts.digestsCompared += 1;
      if ((await digestOf(await source.read(root, file.path))) === known) {
        report.artifacts.present += 1;
        continue;
      }
    }
    sent.set(file.path, await copyFile(ends, root, file, placed));
    report.artifacts.copied += 1;
  }
  if (sent.size === 0) return;
  const kept2 = await target.digests(placed, [...sent.keys()]);
  for (const [path, digest] of sent) {
    report.artifacts.digestsCompared += 1;
    if (kept2.get(path) !== digest)
      throw new AssayError(
        'ARTIFACT_DIGEST',
        `Cannot copy "${path}" of ${root.kind} ${root.id}: the source sent ${digest}, "${target.url}" keeps ${kept2.get(path) ?? 'nothing'}`,
      );
  }
}
