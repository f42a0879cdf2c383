// Regenerates proto/gen from the .proto files. `--check` fails when what is committed differs.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const proto = fileURLToPath(new URL('../proto/', import.meta.url));
const gen = join(proto, 'gen');

function snapshot(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((e) => e.isFile());
  return new Map(
    files.map((e) => [
      relative(folder, join(e.parentPath, e.name)),
      readFileSync(join(e.parentPath, e.name), 'latin1'),
    ]),
  );
}

/** Into a folder of its own, then compared: what runs now imports the committed files. */
function check() {
  const scratch = mkdtempSync(join(tmpdir(), 'assay-proto-'));
  try {
    generate(scratch);
    const [before, after] = [snapshot(gen), snapshot(join(scratch, 'gen'))];
    const names = new Set([...before.keys(), ...after.keys()]);
    return [...names].filter((name) => before.get(name) !== after.get(name));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function generate(output) {
  const buf = fileURLToPath(new URL('../node_modules/.bin/buf', import.meta.url));
  const run = (...args) => execFileSync(buf, args, { cwd: proto, stdio: 'inherit' });
  // Health has an enum, which type stripping cannot run; it is loaded from its .proto
  run('generate', '--template', 'buf.gen.yaml', '--output', output, '--exclude-path', 'grpc');
  // What reflection answers with
  const set = join(output, 'gen', 'descriptors.binpb');
  run('build', '--as-file-descriptor-set', '--exclude-source-info', '--output', set);
}

if (process.argv.includes('--check')) {
  const changed = check();
  if (changed.length > 0) {
    console.error(
      `Generated code differs from what is committed; run "npm run proto":\n${changed.join('\n')}`,
    );
    process.exitCode = 1;
  }
} else {
  rmSync(gen, { recursive: true, force: true });
  generate('.');
}
