#!/usr/bin/env node
// Finds the Node that the lock file pins and hands over: the CLI itself is TypeScript, which older Nodes cannot run.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));
const pinned = fileURLToPath(new URL('../../../node_modules/.bin/node', import.meta.url));
const node = Number(process.versions.node.split('.')[0]) >= 24 ? process.execPath : pinned;
if (!existsSync(node)) {
  console.error(
    `assay needs Node 24; this is ${process.version} and none came with the packages. Run "npm install" first.`,
  );
  process.exit(2);
}
const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  if (signal) process.kill(process.pid, signal);
  else process.exit(code ?? 1);
});
