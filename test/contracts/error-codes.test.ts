import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ERRORS } from '@assay/domain/errors';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDERS = ['control-plane', 'workflows', 'model-servers', 'registry', 'test'];
/** This file names them all, and problem.test.ts goes through the list. */
const NOT_COUNTED = ['test/contracts/error-codes.test.ts', 'control-plane/server/problem.test.ts'];

const files = FOLDERS.flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((file) => join(folder, file))
    .filter((file) => !file.includes('node_modules') && !NOT_COUNTED.includes(file)),
);
const textOf = (wanted: (file: string) => boolean): string =>
  files
    .filter(wanted)
    .map((file) => readFileSync(join(ROOT, file), 'utf8'))
    .join('\n');

const tests = textOf((f) => f.endsWith('.test.ts') || (f.startsWith('test/') && f.endsWith('.py')));
const sources = textOf(
  (f) =>
    f.endsWith('.ts') && !f.endsWith('.test.ts') && !f.startsWith('test/') && !f.endsWith('domain/errors.ts'),
);

test.for(Object.keys(ERRORS))('%s: something throws it, and a test expects it', (code) => {
  const named = new RegExp(`\\b${code}\\b`);
  expect(named.test(sources), `no source throws ${code}: take it out of errors.ts`).toBe(true);
  expect(named.test(tests), `no test names ${code}: write one that trips it`).toBe(true);
});
