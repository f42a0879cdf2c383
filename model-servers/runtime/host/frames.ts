/** One message of the pipe between a server and a host: JSON that says what it is, and the bytes of a tensor. */
export interface Frame {
  readonly head: unknown;
  /** In memory of its own, so that numbers of any size can be read in place. */
  readonly data: Uint8Array<ArrayBuffer>;
}

/** u32 LE length of the JSON, u32 LE length of the data; then both. */
export const LENGTHS_BYTES = 8;

/** What goes before the data of a frame. */
export function frameHead(head: unknown, dataBytes: number): Buffer {
  const json = Buffer.from(JSON.stringify(head));
  const lengths = Buffer.alloc(LENGTHS_BYTES);
  lengths.writeUInt32LE(json.length, 0);
  lengths.writeUInt32LE(dataBytes, 4);
  return Buffer.concat([lengths, json]);
}

export const frameOf = (json: Uint8Array, data: Uint8Array<ArrayBuffer>): Frame => ({
  head: JSON.parse(Buffer.from(json).toString()),
  data,
});

/** Puts frames together from chunks that end anywhere. */
export class FrameReader {
  readonly #lengths = Buffer.alloc(LENGTHS_BYTES);
  #json = new Uint8Array(0);
  #data = new Uint8Array(0);
  /** Bytes of the frame that have come. */
  #at = 0;

  /** The frames that end in this chunk. */
  push(chunk: Uint8Array): readonly Frame[] {
    const frames: Frame[] = [];
    for (let from = 0; from < chunk.length; ) {
      from += this.#fill(chunk.subarray(from));
      if (this.#at < LENGTHS_BYTES + this.#json.length + this.#data.length) continue;
      frames.push(frameOf(this.#json, this.#data));
      this.#at = 0;
    }
    return frames;
  }

  /** Takes what belongs to the part that is being filled; returns how much that was. */
  #fill(chunk: Uint8Array): number {
    const [part, begins] = this.#part();
    const taken = chunk.subarray(0, part.length - (this.#at - begins));
    part.set(taken, this.#at - begins);
    this.#at += taken.length;
    if (part === this.#lengths && this.#at === LENGTHS_BYTES) {
      this.#json = new Uint8Array(this.#lengths.readUInt32LE(0));
      this.#data = new Uint8Array(this.#lengths.readUInt32LE(4));
    }
    return taken.length;
  }

  #part(): readonly [Uint8Array, number] {
    if (this.#at < LENGTHS_BYTES) return [this.#lengths, 0];
    const dataBegins = LENGTHS_BYTES + this.#json.length;
    return this.#at < dataBegins ? [this.#json, LENGTHS_BYTES] : [this.#data, dataBegins];
  }
}
