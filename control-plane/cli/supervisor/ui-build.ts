import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { REPOSITORY } from './cache.ts';

const UI = join(REPOSITORY, 'ui');
const BUILD = join(UI, 'build');
const STAMP = join(BUILD, '.sources');

/** Digest of everything the pages are made from, so that a changed page is built again and an unchanged one is not. */
function sources(): string {
  const hash = createHash('sha256');
  const roots = [join(UI, 'src'), join(UI, 'static'), join(REPOSITORY, 'control-plane', 'domain')].filter(
    existsSync,
  );
  const files = roots.flatMap((root) =>
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((e) => e.isFile())
      .map((e) => join(e.parentPath, e.name)),
  );
  const config = readdirSync(UI)
    .filter((f) => /\.(ts|js|json)$/.test(f))
    .map((f) => join(UI, f));
  for (const file of [...files, ...config].sort())
    hash.update(file.slice(REPOSITORY.length)).update('\0').update(readFileSync(file));
  return hash.digest('hex');
}

/** Builds the pages where they are missing or old; answers their folder. A failed build is told, and the API starts without pages. */
export async function buildUi(say: (line: string) => void): Promise<string> {
  const digest = sources();
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === digest) return BUILD;
  say('building the pages (once for each change) …');
  const path = `${dirname(process.execPath)}:${process.env.PATH ?? ''}`;
  try {
    const vite = join(REPOSITORY, 'node_modules', 'vite', 'bin', 'vite.js');
    await promisify(execFile)(process.execPath, [vite, 'build', '--logLevel', 'error'], {
      cwd: UI,
      env: { ...process.env, PATH: path },
    });
    writeFileSync(STAMP, digest);
  } catch (cause) {
    const text = (cause as { stderr?: string }).stderr ?? String(cause);
    say(
      `the pages could not be built; the API works without them: ${text.trim().split('\n').slice(0, 5).join(' | ')}`,
    );
  }
  return BUILD;
}
