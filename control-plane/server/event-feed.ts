import type { LiveEvent } from '@assay/domain/read-models';
import type { OutboxEvent } from './deps.ts';

/** `id` only where it can be resumed from. */
export type FeedEvent = LiveEvent & { readonly id?: number };
type Listener = (event: FeedEvent) => void;

interface Outbox {
  outboxAfter(id: number, limit: number): Promise<readonly OutboxEvent[]>;
  outboxHead(): Promise<number>;
}

const PAGE = 500;

/** Reads the outbox once for all who listen. */
export class EventFeed {
  readonly #outbox: Outbox;
  readonly #page: number;
  readonly #listeners = new Set<Listener>();
  #head: number | undefined;
  #reading: Promise<void> | undefined;
  #isAgain = false;

  constructor(outbox: Outbox, page = PAGE) {
    this.#outbox = outbox;
    this.#page = page;
  }

  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(event: FeedEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  /** Number of the newest event. */
  head(): Promise<number> {
    return this.#outbox.outboxHead();
  }

  /** All that a client missed, in order, a page at a time. */
  async *after(id: number): AsyncGenerator<OutboxEvent> {
    for (let at = id; ; ) {
      const page = await this.#outbox.outboxAfter(at, this.#page);
      yield* page;
      at = page.at(-1)?.id ?? at;
      if (page.length < this.#page) return;
    }
  }

  /** Tells what is new; a call during a reading makes one more reading follow. */
  read(): Promise<void> {
    this.#isAgain = true;
    this.#reading ??= this.#readAll().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readAll(): Promise<void> {
    while (this.#isAgain) {
      this.#isAgain = false;
      this.#head ??= await this.#outbox.outboxHead();
      const events = await this.#outbox.outboxAfter(this.#head, this.#page);
      for (const event of events) this.tell(event);
      this.#head = events.at(-1)?.id ?? this.#head;
      if (events.length === this.#page) this.#isAgain = true;
    }
  }
}
