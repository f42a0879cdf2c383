import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { REPOSITORY } from '@assay/cli/supervisor/cache';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

// The wall of style.md is only as good as `npm run check`: each violation is planted in a copy of the
// configuration, and the tool that should name it must.

const tool = (name: string): string => join(REPOSITORY, 'node_modules', name);
let copy: string;
let planted: string[] = [];

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'assay-wall-'));
  for (const file of ['biome.json', '.gitignore', '.oxlintrc.json', 'tsconfig.base.json', 'scripts/lint']) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(REPOSITORY, file), join(copy, file), { recursive: true });
  }
  symlinkSync(join(REPOSITORY, 'node_modules'), join(copy, 'node_modules'));
});
afterEach(() => {
  for (const file of planted) rmSync(join(copy, file));
  planted = [];
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

function plant(file: string, code: string): void {
  for (let dir = dirname(file); dir !== '.'; dir = dirname(dir)) {
    for (const name of ['package.json', 'tsconfig.json']) {
      const from = join(REPOSITORY, dir, name);
      mkdirSync(join(copy, dir), { recursive: true });
      if (existsSync(from)) copyFileSync(from, join(copy, dir, name));
    }
  }
  writeFileSync(join(copy, file), code);
  planted.push(file);
}

function run(program: string, args: readonly string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: copy,
    encoding: 'utf8',
  });
  return { status, output: `${stdout}${stderr}` };
}

const lines = (n: number, line: string): string => Array.from({ length: n }, () => line).join('\n');
const branches = lines(16, '  if (x > 1) x -= 1;');

describe('biome', () => {
  test.for([
    {
      name: 'chance in domain',
      file: 'control-plane/domain/a.ts',
      code: 'export const a = () => Math.random();',
      by: 'plugin',
    },
    {
      name: 'a clock in analysis',
      file: 'control-plane/analysis/a.ts',
      code: 'export const a = () => Date.now();',
      by: 'plugin',
    },
    {
      name: 'a date in contract',
      file: 'workflows/contract/a.ts',
      code: 'export const a = () => new Date();',
      by: 'plugin',
    },
    {
      name: 'a driver in domain',
      file: 'control-plane/domain/b.ts',
      code: "import pg from 'pg';\nexport const a = pg;",
      by: 'noUndeclaredDependencies',
    },
    {
      name: 'an adapter in domain',
      file: 'control-plane/domain/c.ts',
      code: "export { openDatabase } from '@assay/adapters/postgres/database';",
      by: 'noUndeclaredDependencies',
    },
    {
      name: 'an adapter in model-servers',
      file: 'model-servers/a.ts',
      code: "export { openDatabase } from '@assay/adapters/postgres/database';",
      by: 'noUndeclaredDependencies',
    },
    {
      name: 'an adapter outside of main.ts',
      file: 'control-plane/server/a.ts',
      code: "export { Notifications } from '@assay/adapters/postgres/notifications';",
      by: 'noRestrictedImports',
    },
    {
      name: 'an activity in a workflow',
      file: 'workflows/definitions/calls.ts',
      code: "import { trainingActivities } from '@assay/activities/training';\nexport const a = trainingActivities;",
      by: 'plugin',
    },
    {
      name: 'a long file',
      file: 'registry/store/long.ts',
      code: lines(401, 'export {};'),
      by: 'noExcessiveLinesPerFile',
    },
    {
      name: 'a long function',
      file: 'registry/store/a.ts',
      code: `export function a(x: number) {\n${lines(61, '  x += 1;')}\n  return x;\n}`,
      by: 'noExcessiveLinesPerFunction',
    },
    {
      name: 'a tangled function',
      file: 'registry/store/b.ts',
      code: `export function a(x: number) {\n${branches}\n  return x;\n}`,
      by: 'noExcessiveCognitiveComplexity',
    },
  ])('$by names $name', ({ file, code, by }) => {
    plant(file, `${code}\n`);
    const { status, output } = run(tool('@biomejs/biome/bin/biome'), ['lint', file]);
    expect(output).toContain(by);
    expect(status).toBe(1);
  });

  test('noImportCycles names a cycle', () => {
    plant('registry/client/x.ts', "import { y } from './y.ts';\nexport const x = (): number => y();\n");
    plant('registry/client/y.ts', "import { x } from './x.ts';\nexport const y = (): number => x();\n");
    const { status, output } = run(tool('@biomejs/biome/bin/biome'), ['lint', 'registry/client']);
    expect(output).toContain('noImportCycles');
    expect(status).toBe(1);
  });

  test('pure code passes, and a test beside it may read the clock', () => {
    plant('control-plane/domain/pure.ts', 'export const later = (nowMs: number): number => nowMs + 1;\n');
    plant('control-plane/domain/pure.test.ts', 'export const now = (): number => Date.now();\n');
    const { output } = run(tool('@biomejs/biome/bin/biome'), [
      'lint',
      'control-plane/domain/pure.ts',
      'control-plane/domain/pure.test.ts',
    ]);
    expect(output).toContain('Checked 2 files');
    expect(output).not.toContain('×');
  });
});

describe('the compiled wall', () => {
  test.for(['control-plane/domain', 'control-plane/analysis', 'workflows/contract'])(
    '%s has no platform',
    (folder) => {
      plant(
        `${folder}/platform.ts`,
        "import { readFileSync } from 'node:fs';\nexport const a = [readFileSync, fetch, process, setTimeout];\n",
      );
      const project = join(copy, folder, 'tsconfig.json');
      const { output } = run(tool('typescript/bin/tsc'), [
        '--noEmit',
        '--emitDeclarationOnly',
        'false',
        '-p',
        project,
      ]);
      for (const name of ["'node:fs'", "'fetch'", "'process'", "'setTimeout'"])
        expect(output).toContain(`Cannot find name ${name}`);
    },
  );
});

test('oxlint names a forgotten await, a promise as condition, and a switch with a hole', () => {
  plant(
    'registry/store/promises.ts',
    `export async function a(): Promise<void> {}
export function b(kind: 'x' | 'y'): number {
  a();
  if (a()) return 0;
  switch (kind) {
    case 'x':
      return 1;
  }
  return 2;
}
`,
  );
  const { status, output } = run(tool('oxlint/bin/oxlint'), [
    '--type-aware',
    '--deny-warnings',
    'registry/store/promises.ts',
  ]);
  for (const rule of ['no-floating-promises', 'no-misused-promises', 'switch-exhaustiveness-check'])
    expect(output).toContain(rule);
  expect(status).not.toBe(0);
});
