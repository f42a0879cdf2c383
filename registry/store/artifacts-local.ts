import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { link, mkdir, open, opendir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { type BlobStore, type ByteRange, blobPathOf, type StoredBlob } from './artifacts-blobs.ts';
import { BLOCK_BYTES } from './artifacts-tags.ts';

const unlessAbsent = (error: NodeJS.ErrnoException): undefined => {
  if (error.code !== 'ENOENT') throw error;
};

const linkUnlessThere = async (file: string, final: string): Promise<boolean> => {
  try {
    await link(file, final);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
};

const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** Blobs as files of a folder. A link or a rename gives the name, so a blob is there whole or not at all. */
export class LocalBlobs implements BlobStore {
  readonly location: string;

  constructor(root: string) {
    this.location = root;
  }

  fileOf(digest: string): string {
    return join(this.location, blobPathOf(digest));
  }

  async put(file: string, { digest }: { readonly digest: string }): Promise<void> {
    const final = this.fileOf(digest);
    const made = await mkdir(dirname(final), { recursive: true });
    if (!(await linkUnlessThere(file, final))) await this.#replace(file, final);
    await syncFolder(dirname(final));
    if (made !== undefined) await syncFolder(dirname(dirname(final)));
  }

  /** Verified bytes replace what lies there: the same bytes again change nothing, damaged ones are healed. */
  async #replace(file: string, final: string): Promise<void> {
    const incoming = join(this.location, 'incoming');
    await mkdir(incoming, { recursive: true });
    const second = join(incoming, randomUUID());
    await link(file, second);
    await rename(second, final);
    await rm(second, { force: true }); // A rename between two names of one file does nothing
  }

  async open(digest: string, range?: ByteRange): Promise<Readable | undefined> {
    const handle = await open(this.fileOf(digest)).catch(unlessAbsent);
    return (
      handle && createReadStream('', { fd: handle, ...range, highWaterMark: BLOCK_BYTES, autoClose: true })
    );
  }

  async sizeOf(digest: string): Promise<number | undefined> {
    return (await stat(this.fileOf(digest)).catch(unlessAbsent))?.size;
  }

  async delete(digest: string): Promise<void> {
    await rm(this.fileOf(digest), { force: true });
  }

  async *list(): AsyncIterable<StoredBlob> {
    const root = join(this.location, 'blobs', 'sha256');
    const folder = await opendir(root, { recursive: true }).catch(unlessAbsent);
    if (folder === undefined) return;
    for await (const entry of folder) {
      if (!entry.isFile()) continue;
      const found = await stat(join(entry.parentPath, entry.name)).catch(unlessAbsent);
      if (found !== undefined)
        yield { digest: entry.name, size: found.size, modifiedMs: Math.trunc(found.mtimeMs) };
    }
  }

  /** Nothing is half written here: transfers into this folder lie in the staging folder. */
  async dropUnfinished(): Promise<number> {
    return 0;
  }
}
