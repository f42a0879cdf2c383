import { PROXY } from './artifacts-seal.ts';
import type { Context } from './context.ts';
import { type Row, rows } from './database.ts';
import { type Input, text } from './input.ts';
import { checkOf } from './model-checks.ts';
import { liveVersion, versionNumber } from './version-row.ts';

/** Files of a version by path inside it, and the ONNX file among them. */
export const filesOf = async ({ artifacts }: Context, row: Row) => {
  const location = String(row.location);
  const root = location.startsWith(PROXY) ? location.slice(PROXY.length).replace(/^\/+/, '') : undefined;
  const files = root === undefined ? [] : await artifacts.tree(root);
  const shown = files.map((f) => ({
    path: f.path.slice((root ?? '').length + 1),
    digest: f.digest,
    sizeBytes: Number(f.size),
  }));
  const onnx = shown.find((f) => f.path === 'model.onnx') ?? shown.find((f) => f.path.endsWith('.onnx'));
  return { shown, onnx };
};

/** Assay's own view: who made it and which bytes it is. */
export const describeVersion = async (context: Context, input: Input) => {
  const { pool } = context;
  const row = await liveVersion(pool, text(input, 'name'), versionNumber(input));
  // Before the tags: its own tag is never older than it
  const check = await checkOf(pool, String(row.name), Number(row.version));
  const tags = await rows(pool, 'SELECT key, value FROM version_tags WHERE name = $1 AND version = $2', [
    row.name,
    row.version,
  ]);
  const { shown, onnx } = await filesOf(context, row);
  const tagged = Object.fromEntries(tags.map((t) => [String(t.key), String(t.value)]));
  const edits = await rows(
    pool,
    'SELECT DISTINCT by_subject FROM version_edits WHERE name = $1 AND version = $2 ORDER BY by_subject',
    [row.name, row.version],
  );
  const authors = [row.created_by, tagged['assay.created_by'], ...edits.map((e) => e.by_subject)];
  return {
    name: row.name,
    version: String(row.version),
    runId: row.run_id,
    createdAtMs: Number(row.created),
    createdBy: row.created_by,
    authors: [...new Set(authors.filter((a) => a !== undefined))],
    source: row.source,
    tags: tagged,
    artifacts: shown,
    check,
    onnx:
      onnx === undefined
        ? null
        : { ...onnx, blobPath: `blobs/sha256/${onnx.digest.slice(0, 2)}/${onnx.digest}` },
  };
};
