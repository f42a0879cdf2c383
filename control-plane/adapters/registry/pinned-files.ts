import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AssayError } from '@assay/domain/errors';
import { type CachedFile, DigestCache } from '@assay/registry-client/digest-cache';

/**
 * Files of a registry elsewhere, kept where model servers load them from. The digest of a name is pinned when it is first
 * seen: nobody can put other bytes under a version that was judged.
 */
export class PinnedFiles {
  readonly #root: string;
  readonly #cache: DigestCache;

  constructor(artifactsDir: string) {
    this.#root = artifactsDir;
    this.#cache = new DigestCache(artifactsDir);
  }

  /** Brings a file here. Throws MODEL_DIGEST when the name stood for other bytes before. */
  async pin(name: string, bytes: AsyncIterable<Uint8Array>): Promise<CachedFile> {
    const file = await this.#cache.add(bytes);
    const before = await this.#pinned(name);
    if (before !== undefined && before.digest !== file.digest)
      throw new AssayError(
        'MODEL_DIGEST',
        `Cannot use ${name}: the registry answers ${file.digest} where ${before.digest} was registered; somebody replaced the file`,
      );
    if (before === undefined) await this.#write(this.#pinFile(name), JSON.stringify({ name, ...file }));
    return file;
  }

  async #pinned(name: string): Promise<CachedFile | undefined> {
    const text = await readFile(this.#pinFile(name), 'utf8').catch(() => undefined);
    return text === undefined ? undefined : (JSON.parse(text) as CachedFile);
  }

  #pinFile(name: string): string {
    return join(this.#root, 'external', `${createHash('sha256').update(name).digest('hex')}.json`);
  }

  async #write(file: string, text: string): Promise<void> {
    await mkdir(dirname(file), { recursive: true });
    const draft = `${file}.${randomUUID()}`;
    await writeFile(draft, text);
    await rename(draft, file);
  }
}
