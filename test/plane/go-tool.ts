import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { once } from '@assay/adapters/trainer/once';
import { cacheFolder } from '@assay/cli/supervisor/cache';

const run = promisify(execFile);

export interface GoModule {
  /** Name of the program. */
  readonly name: string;
  /** What `go install` takes, without the version. */
  readonly path: string;
  readonly version: string;
}

const onPath = (name: string): string | undefined =>
  (process.env.PATH ?? '')
    .split(':')
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file));

/**
 * The program, from PATH or built once into the cache. Building takes minutes, so that it is done only with
 * ASSAY_LARGE_CLIENTS=1; otherwise why it is not there.
 */
export async function goTool({
  name,
  path,
  version,
}: GoModule): Promise<{ file: string } | { missing: string }> {
  const found = onPath(name);
  if (found !== undefined) return { file: found };
  const folder = join(cacheFolder(process.env), `go-${name}-${version}`);
  const file = join(folder, name);
  if (existsSync(file)) return { file };
  if (process.env.ASSAY_LARGE_CLIENTS !== '1')
    return { missing: `${name} is not there; ASSAY_LARGE_CLIENTS=1 builds it where Go is installed` };
  const go = onPath('go');
  if (go === undefined) return { missing: `${name} is not there, and neither is Go, which would build it` };
  await once(folder, async (draft) => {
    await run(go, ['install', `${path}@${version}`], { env: { ...process.env, GOBIN: draft } });
  });
  return { file };
}
