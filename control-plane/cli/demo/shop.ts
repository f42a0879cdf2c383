import type { TrainInput, TrainResult } from '@assay/contract/train';
import { AssayError } from '@assay/domain/errors';
import { familySpec } from '@assay/domain/families/all';
import type { Family, FamilySpec } from '@assay/domain/families/family';
import type { Endpoint } from '@assay/domain/ports/control-store';
import type { EndpointView, ReleaseView } from '@assay/domain/read-models';
import { hasEnded, type Release, standing } from '@assay/domain/release';
import type { Api } from '../api.ts';
import { patiently, poll } from './patience.ts';

interface TrainingStatus {
  readonly id: string;
  readonly state: 'running' | 'done' | 'failed';
  readonly result?: TrainResult | null;
  readonly error?: string | null;
}

/** The demo's hands: everything it does goes through the public HTTP API, as a person or a script would. */
export class Shop {
  readonly spec: FamilySpec;
  readonly #api: Api;
  readonly #seed: number;
  readonly #signal: AbortSignal;
  readonly #tell: (line: string) => void;

  constructor(family: Family, api: Api, seed: number, signal: AbortSignal, tell: (line: string) => void) {
    this.spec = familySpec(family);
    this.#api = api;
    this.#seed = seed;
    this.#signal = signal;
    this.#tell = tell;
  }

  /** Makes the family's endpoint with the demo profile and automation; one that is there stays as it is. */
  async openEndpoint(): Promise<void> {
    const there = await patiently(() => this.#api.get<EndpointView[]>('/endpoints'), this.#signal);
    if (there.some((e) => e.name === this.spec.endpoint)) return;
    const body: Omit<Endpoint, 'route'> = {
      name: this.spec.endpoint,
      family: this.spec.family,
      owner: `${this.spec.family}-team`,
      policy: this.spec.policy,
      autonomy: 'auto',
      profile: 'demo',
    };
    await patiently(() => this.#api.post('/endpoints', body), this.#signal);
  }

  /** Trains a recipe; the same seed again answers the version that is already there. */
  async train(recipe: string): Promise<TrainResult> {
    const id = `demo-${this.#seed}-${this.spec.family}-${recipe}`;
    const input: TrainInput = {
      id,
      family: this.spec.family,
      model: this.spec.model,
      recipe,
      seed: this.#seed,
      source: { kind: 'sample' },
      requestedBy: 'demo-data-scientist',
    };
    await patiently(() => this.#api.post('/trainings', input), this.#signal);
    const status = await poll(
      async () => {
        const now = await this.#api.get<TrainingStatus>(`/trainings/${encodeURIComponent(id)}`);
        return now.state === 'running' ? undefined : now;
      },
      700,
      this.#signal,
    );
    if (status.state === 'failed' || !status.result)
      throw new Error(`training ${id} failed: ${status.error ?? 'no result'}`);
    this.#tell(`${recipe}: trained as ${status.result.model}/${status.result.version}`);
    return status.result;
  }

  /**
   * The story begins with a first champion of its own. Throws TRANSITION_REFUSED when the endpoint has another one: told with
   * another seed, good candidates would be held against it and end otherwise.
   */
  async assertOwnBeginning(first: TrainResult): Promise<void> {
    const { endpoint } = this.spec;
    const at = await patiently(() => this.#api.get<EndpointView>(`/endpoints/${endpoint}`), this.#signal);
    const releases = await patiently(
      () => this.#api.get<Release[]>(`/releases?endpoint=${endpoint}`),
      this.#signal,
    );
    if (at.route === null || releases.some((r) => r.model === first.model && r.version === first.version))
      return;
    const { model, version } = at.route.champion;
    throw new AssayError(
      'TRANSITION_REFUSED',
      `Cannot tell the story of seed ${this.#seed}: "${endpoint}" has the champion ${model}/${version} already; use the seed that it was told with, or another --state folder`,
    );
  }

  /** Requests the release and follows it to its end, telling each new state. */
  async release(trained: TrainResult): Promise<Release> {
    const body = {
      model: trained.model,
      version: trained.version,
      endpoint: this.spec.endpoint,
      profile: 'demo',
      snapshotDir: trained.snapshotDir,
    };
    // A second start goes on with what is there: asking for a version that was rolled back would be refused
    const all = await patiently(
      () => this.#api.get<Release[]>(`/releases?endpoint=${this.spec.endpoint}`),
      this.#signal,
    );
    if (!all.some((r) => r.model === trained.model && r.version === trained.version))
      await patiently(() => this.#api.post('/releases', body), this.#signal);
    return this.follow(trained.model, trained.version);
  }

  async follow(model: string, version: string): Promise<Release> {
    let told = '';
    return poll(
      async () => {
        const { release } = await this.#api.get<ReleaseView>(`/releases/${model}/${version}`);
        const now = standing(release.state);
        if (now !== told) this.#tell(`${release.id}: ${now}`);
        told = now;
        return hasEnded(release.state) ? release : undefined;
      },
      600,
      this.#signal,
    );
  }

  async startMonitor(): Promise<void> {
    await patiently(
      () => this.#api.post(`/monitors/${this.spec.endpoint}`, { recipe: 'good', seed: this.#seed }),
      this.#signal,
    );
  }

  async stopMonitor(): Promise<void> {
    await patiently(() => this.#api.delete(`/monitors/${this.spec.endpoint}`), this.#signal);
  }

  /** Newest release of the endpoint that none of the known versions is. */
  async nextRelease(known: readonly string[]): Promise<Release> {
    let told = '';
    return poll(
      async () => {
        const view = await this.#api.get<EndpointView>(`/endpoints/${this.spec.endpoint}`);
        const monitor = view.monitor
          ? `monitor: ${view.monitor.kind}: ${view.monitor.reason}`
          : 'monitor: no look yet';
        if (monitor !== told) this.#tell(monitor);
        told = monitor;
        const all = await this.#api.get<Release[]>(`/releases?endpoint=${this.spec.endpoint}`);
        return all.find((r) => !known.includes(r.version));
      },
      1_000,
      this.#signal,
    );
  }
}
