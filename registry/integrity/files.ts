import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

export interface FolderEntry {
  /** Relative, with forward slashes. */
  readonly path: string;
  readonly kind: 'file' | 'link' | 'other';
  readonly sizeBytes: number;
}

/** Everything below a folder but folders, by path; links are named, never followed. Stops after `max` entries. */
export async function listFolder(folder: string, max: number): Promise<FolderEntry[]> {
  const found: FolderEntry[] = [];
  const todo = [''];
  for (let at = todo.pop(); at !== undefined && found.length <= max; at = todo.pop()) {
    for (const entry of await readdir(join(folder, at), { withFileTypes: true })) {
      const path = at === '' ? entry.name : `${at}/${entry.name}`;
      if (entry.isDirectory()) todo.push(path);
      else found.push({ path, ...(await describe(join(folder, path))) });
    }
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function describe(path: string): Promise<Omit<FolderEntry, 'path'>> {
  const stat = await lstat(path);
  if (stat.isSymbolicLink()) return { kind: 'link', sizeBytes: 0 };
  return stat.isFile() ? { kind: 'file', sizeBytes: stat.size } : { kind: 'other', sizeBytes: 0 };
}

/** Hex SHA-256 of a file, read as a stream. */
export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
