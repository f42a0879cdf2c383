/** Answers since the process started, of one endpoint, version and arm. */
export interface Traffic {
  readonly endpoint: string;
  readonly model: string;
  readonly version: string;
  readonly arm: string;
  answered: number;
  guarded: number;
  failed: number;
}

export class TrafficCounts {
  readonly #counts = new Map<string, Traffic>();

  of(endpoint: string, model: string, version: string, arm: string): Traffic {
    const key = `${endpoint}\n${model}\n${version}\n${arm}`;
    let found = this.#counts.get(key);
    if (found === undefined) {
      found = { endpoint, model, version, arm, answered: 0, guarded: 0, failed: 0 };
      this.#counts.set(key, found);
    }
    return found;
  }

  all(): readonly Traffic[] {
    return [...this.#counts.values()];
  }
}
