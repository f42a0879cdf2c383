import type { Kind } from './entities.ts';

export interface Tally {
  copied: number;
  /** Came before, changed at the source since. */
  updated: number;
  unchanged: number;
}

const none = (): Tally => ({ copied: 0, updated: 0, unchanged: 0 });

/** What a copy did; printed by `--json`, and while it goes on as progress. */
export class Report {
  readonly counts: Readonly<Record<Kind, Tally>> = {
    experiment: none(),
    'logged-model': none(),
    run: none(),
    'registered-model': none(),
    'model-version': none(),
  };
  metricPoints = 0;
  readonly artifacts = { copied: 0, present: 0, bytesCopied: 0, digestsCompared: 0 };
  readonly aliases = { set: 0, unchanged: 0 };
  /** `champion` and `challenger` as the source said them: kept, not live. */
  readonly notLive: { readonly model: string; readonly alias: string; readonly version: string }[] = [];
  readonly notCopied: { readonly what: string; readonly why: string }[] = [];
  readonly failures: { readonly what: string; readonly code: string; readonly why: string }[] = [];

  /** Nothing was written: all of it had come before. */
  get nothingToCopy(): boolean {
    const { artifacts, aliases, failures } = this;
    const moved = Object.values(this.counts).reduce((sum, t) => sum + t.copied + t.updated, 0);
    return moved + artifacts.copied + aliases.set + failures.length === 0;
  }

  asJson(ends: { source: string; target: string; seconds: number }): object {
    const { counts, metricPoints, artifacts, aliases, notLive, notCopied, failures, nothingToCopy } = this;
    const ok = failures.length === 0;
    return {
      ok,
      ...ends,
      counts,
      metricPoints,
      artifacts,
      aliases,
      notLive,
      notCopied,
      failures,
      nothingToCopy,
    };
  }

  /** One line of progress. */
  line(): string {
    const part = (kind: Kind, name: string): string => {
      const t = this.counts[kind];
      return `${t.copied + t.updated + t.unchanged} ${name} (${t.unchanged} were there)`;
    };
    const mebibytes = (this.artifacts.bytesCopied / 2 ** 20).toFixed(1);
    return [
      part('experiment', 'experiments'),
      part('logged-model', 'logged models'),
      part('run', 'runs'),
      part('model-version', 'versions'),
      `${this.artifacts.copied} files, ${mebibytes} MiB`,
    ].join(', ');
  }
}
