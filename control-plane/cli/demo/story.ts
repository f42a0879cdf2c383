import type { TrainResult } from '@assay/contract/train';
import { PROFILES } from '@assay/domain/delivery-profile';
import type { Family } from '@assay/domain/families/family';
import type { Release } from '@assay/domain/release';
import type { Effect } from '@assay/domain/verdict';
import type { PoolRow } from '@assay/simulator/pool-row';
import type { VisionRow } from '@assay/simulator/response/vision';
import { drifted } from '@assay/simulator/snapshot/drift';
import { loadPool } from '@assay/simulator/snapshot/pool';
import { type Driver, drive, type Transform } from '@assay/simulator/traffic/drive';
import { truth } from '@assay/simulator/traffic/truth';
import { type DemoEffect, type DemoLine, DRIFTING, HARMFUL } from './plan.ts';
import { Shop } from './shop.ts';
import type { Stage } from './stage.ts';

/** A family's whole life: first champion, a good candidate, a harmful one and, for one family, drift. */
export async function tellStory(
  family: Family,
  stage: Stage,
  emit: (line: DemoLine) => void,
): Promise<Driver> {
  const shop = new Shop(family, stage.api, stage.seed, stage.signal, (line) =>
    stage.say(`[${family}] ${line}`),
  );
  await shop.openEndpoint();
  const first = await shop.train('baseline');
  await shop.assertOwnBeginning(first);
  await shop.release(first);
  const pool = await loadPool(family, await stage.extractedDir(family), stage.seed);
  const driver = drive({
    addresses: stage.inference,
    token: stage.servingToken,
    endpoint: shop.spec.endpoint,
    family,
    pool,
    seed: stage.seed,
    ratePerSecond: stage.rate(family),
    signal: stage.signal,
    log: stage.clientLog(family),
  });
  const teller = new Teller(family, shop, stage, pool, driver, emit);
  const good = await shop.train('good');
  // The harmful one trains while the good one is being tried: two cores, but most of a release is waiting
  const harmfulTrained = shop.train('harmful');
  harmfulTrained.catch(() => undefined);
  await teller.good(first, good);
  await teller.harmful(good, await harmfulTrained);
  if (family === DRIFTING) await teller.drift(good, [first, good, await harmfulTrained]);
  return driver;
}

/** The new scanner; only vision's rows are pictures. */
const newScanner: Transform = (row) => drifted(row as PoolRow<VisionRow>, 'new-scanner');

class Teller {
  readonly #family: Family;
  readonly #shop: Shop;
  readonly #stage: Stage;
  readonly #pool: readonly PoolRow[];
  readonly #driver: Driver;
  readonly #emit: (line: DemoLine) => void;

  constructor(
    family: Family,
    shop: Shop,
    stage: Stage,
    pool: readonly PoolRow[],
    driver: Driver,
    emit: (line: DemoLine) => void,
  ) {
    this.#family = family;
    this.#shop = shop;
    this.#stage = stage;
    this.#pool = pool;
    this.#driver = driver;
    this.#emit = emit;
  }

  async good(champion: TrainResult, candidate: TrainResult): Promise<void> {
    const release = await this.#shop.release(candidate);
    this.#line(
      'good',
      release,
      'champion',
      release.state.kind === 'champion',
      await this.#effect(release, champion.version),
    );
  }

  async harmful(champion: TrainResult, candidate: TrainResult): Promise<void> {
    const expected = HARMFUL[this.#family];
    this.#stage.say(
      `[${this.#family}] the harmful candidate ${expected.what}; the ${expected.gate} gate should stop it`,
    );
    const release = await this.#shop.release(candidate);
    const s = release.state;
    const ok = s.kind === expected.end && 'gate' in s && s.gate === expected.gate;
    this.#line(
      'harmful',
      release,
      `${expected.end} at ${expected.gate}`,
      ok,
      await this.#effect(release, champion.version),
    );
  }

  /** The scanner changes; alarm, retraining and release must follow without a hand. */
  async drift(champion: TrainResult, known: readonly TrainResult[]): Promise<void> {
    this.#stage.say(`[${this.#family}] the input drifts from now on: a new scanner dims every picture`);
    await this.#shop.startMonitor();
    this.#driver.setTransform(newScanner);
    const opened = await this.#shop.nextRelease(known.map((k) => k.version));
    const release = await this.#shop.follow(opened.model, opened.version);
    await this.#shop.stopMonitor();
    this.#line(
      'drift',
      release,
      'champion',
      release.state.kind === 'champion',
      await this.#effect(release, champion.version, newScanner),
    );
  }

  async #effect(release: Release, champion: string, transform?: Transform): Promise<DemoEffect | null> {
    const effect = effectOf(release);
    if (effect === null) return null;
    const found = await truth({
      address: this.#stage.inference[0] ?? '',
      token: this.#stage.servingToken,
      endpoint: release.endpoint,
      family: this.#family,
      pool: this.#pool,
      versions: { control: champion, treatment: release.version },
      metric: effect.metric,
      seed: this.#stage.seed,
      ...(transform && { transform }),
      ...this.#treated(release.version),
    });
    return {
      metric: effect.metric,
      estimate: effect.estimate,
      lower: effect.lower,
      upper: effect.upper,
      truth: found.truth,
    };
  }

  /** A panel's effect is that of the treated store in the planned periods after the start, and so is its truth. */
  #treated(version: string): { units?: readonly string[]; periods?: readonly number[] } {
    const treated = this.#driver.treatedBy(version);
    if (treated === undefined) return {};
    const periods = treated.periods.toSorted((a, b) => a - b);
    return { units: [treated.unit], periods: periods.slice(0, PROFILES.demo.experiment.postPeriods) };
  }

  #line(
    kind: DemoLine['case'],
    release: Release,
    expected: string,
    ok: boolean,
    effect: DemoEffect | null,
  ): void {
    const s = release.state;
    this.#emit({
      family: this.#family,
      case: kind,
      model: release.model,
      version: release.version,
      end: s.kind,
      gate: 'gate' in s ? s.gate : '–',
      effect,
      decision: release.id,
      expected,
      ok,
    });
  }
}

const effectOf = (release: Release): Effect | null =>
  'effect' in release.state ? release.state.effect : null;
