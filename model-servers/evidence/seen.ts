/** The newest ids, up to a limit: repeats of older ones are found when evidence is read. */
export class Seen {
  readonly #limit: number;
  readonly #ids = new Set<string>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** True when the id is new. */
  add(id: string): boolean {
    if (this.#ids.has(id)) return false;
    this.#ids.add(id);
    if (this.#ids.size > this.#limit) {
      const [oldest] = this.#ids;
      if (oldest !== undefined) this.#ids.delete(oldest);
    }
    return true;
  }

  /** Something was not written after all: a repeat must be taken. */
  forget(id: string): void {
    this.#ids.delete(id);
  }
}
