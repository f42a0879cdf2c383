#!/usr/bin/env node
// Runs the CLI, or finds the Node that the lock file pins and hands over: it is TypeScript, which older Nodes cannot run.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Types are stripped once, not at every start: 0.2 s of a verb's 0.3 s. */
async function here() {
  nodeModule.enableCompileCache(join(process.env.ASSAY_CACHE ?? join(root, '.assay/cache'), 'compiled'));
  await import('../main.ts');
}

function handOver(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    if (signal) process.kill(process.pid, signal);
    else process.exit(code ?? 1);
  });
}

const pinned = join(root, 'node_modules/.bin/node');
if (Number(process.versions.node.split('.')[0]) >= 24) await here();
else if (existsSync(pinned)) handOver(pinned);
else {
  console.error(
    `assay needs Node 24; this is ${process.version} and none came with the packages. Run "npm install" first.`,
  );
  process.exit(2);
}
