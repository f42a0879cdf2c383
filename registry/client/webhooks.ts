import { callAt, type RegistryOptions } from './http.ts';

/** Assay's own door to webhooks (registry/server/webhooks/routes.ts). Times are Unix milliseconds. */
export interface WebhookView {
  readonly id: string;
  readonly name: string;
  readonly url: string;
  readonly description: string | null;
  readonly events: readonly string[];
  /** Filter on model names; null: all. */
  readonly model: string | null;
  readonly status: 'ACTIVE' | 'DISABLED';
  readonly isSigned: boolean;
  /** Until then the receiver asked to be left alone. */
  readonly heldUntilMs: number | null;
  readonly createdAtMs: number;
  readonly createdBy: string;
  /** Deliveries by state, as far as the log reaches. */
  readonly waiting: number;
  readonly delivered: number;
  readonly dead: number;
}

export interface DeliveryView {
  readonly id: string;
  readonly event: string;
  readonly model: string;
  readonly eventId: string;
  readonly subject: string;
  readonly state: 'waiting' | 'delivered' | 'dead';
  readonly attempts: number;
  readonly queuedAtMs: number;
  readonly finishedAtMs: number | null;
  readonly nextAtMs: number | null;
  readonly log: readonly {
    readonly atMs: number;
    readonly latencyMs: number;
    readonly status: number | null;
    readonly error: string | null;
  }[];
}

export interface TryResult {
  readonly success: boolean;
  readonly status: number | null;
  readonly error: string | null;
  readonly body: string;
  readonly latencyMs: number;
}

export type NewWebhook = Pick<WebhookView, 'name' | 'url' | 'events'> & {
  readonly model?: string;
  readonly description?: string;
  readonly secret?: string;
};

const at = (id: string, verb = ''): string => `/api/assay/v1/webhooks/${encodeURIComponent(id)}${verb}`;

export class WebhookClient {
  readonly #options: RegistryOptions;

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  create = (given: NewWebhook): Promise<WebhookView> =>
    callAt(this.#options, 'POST', '/api/assay/v1/webhooks', given);

  async list(): Promise<readonly WebhookView[]> {
    const { webhooks } = await callAt<{ webhooks: WebhookView[] }>(
      this.#options,
      'GET',
      '/api/assay/v1/webhooks',
    );
    return webhooks;
  }

  get = (id: string): Promise<WebhookView> => callAt(this.#options, 'GET', at(id));

  setStatus = (id: string, status: WebhookView['status']): Promise<WebhookView> =>
    callAt(this.#options, 'PATCH', at(id), { status });

  remove = (id: string): Promise<object> => callAt(this.#options, 'DELETE', at(id), {});

  test = (id: string, event: string | undefined): Promise<TryResult> =>
    callAt(this.#options, 'POST', at(id, '/test'), event === undefined ? {} : { event });

  async deliveries(id: string, state: string | undefined, limit: number): Promise<readonly DeliveryView[]> {
    const query = new URLSearchParams({ limit: String(limit), ...(state !== undefined && { state }) });
    const path = at(id, `/deliveries?${query}`);
    return (await callAt<{ deliveries: DeliveryView[] }>(this.#options, 'GET', path)).deliveries;
  }

  redeliver = (id: string, delivery: string | undefined): Promise<{ queued: number }> =>
    callAt(this.#options, 'POST', at(id, '/redeliver'), delivery === undefined ? {} : { delivery });
}
