// Regenerates proto/gen from the .proto files. `--check` fails when what is committed differs.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const proto = fileURLToPath(new URL('../proto/', import.meta.url));
const gen = join(proto, 'gen');

function snapshot() {
  const files = readdirSync(gen, { recursive: true, withFileTypes: true }).filter((e) => e.isFile());
  return new Map(
    files.map((e) => [join(e.parentPath, e.name), readFileSync(join(e.parentPath, e.name), 'utf8')]),
  );
}

const before = process.argv.includes('--check') ? snapshot() : undefined;
rmSync(gen, { recursive: true, force: true });
const buf = fileURLToPath(new URL('../node_modules/.bin/buf', import.meta.url));
execFileSync(buf, ['generate', '--template', 'buf.gen.yaml'], { cwd: proto, stdio: 'inherit' });
if (before) {
  const after = snapshot();
  const names = new Set([...before.keys(), ...after.keys()]);
  const changed = [...names].filter((name) => before.get(name) !== after.get(name));
  if (changed.length > 0) {
    console.error(
      `Generated code differs from what is committed; run "npm run proto":\n${changed.join('\n')}`,
    );
    process.exitCode = 1;
  }
}
