import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';

/** Decision ids that the client was told, one a line: what the evidence must hold. */
export class ClientLog {
  readonly #stream: WriteStream | undefined;

  constructor(file: string | undefined) {
    this.#stream = file === undefined ? undefined : createWriteStream(file, { flags: 'a' });
  }

  add(decisionId: string): void {
    this.#stream?.write(`${decisionId}\n`);
  }

  async close(): Promise<void> {
    if (this.#stream === undefined) return;
    this.#stream.end();
    await once(this.#stream, 'close');
  }
}
