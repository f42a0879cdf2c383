import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apiOf } from '@assay/cli/api';
import { Shop } from '@assay/cli/demo/shop';
import type { TrainResult } from '@assay/contract/train';
import { FAMILIES } from '@assay/domain/families/all';
import type { EndpointView } from '@assay/domain/read-models';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assay, TestAssay } from '../plane/assay.ts';
import { findChromium, launchChromium, NO_CHROMIUM } from '../plane/chromium.ts';
import { type MlflowServer, startMlflowServer } from '../plane/mlflow-server.ts';
import { until } from '../plane/until.ts';
import { externalRegistryPages } from './ui-registry.ts';

const chromiumPath = findChromium(process.env);
const isSkipped = chromiumPath === undefined && !process.env.CI;

describe('a real MLflow server as the registry', () => {
  let server: MlflowServer;
  let plane: TestAssay;
  let trained: TrainResult;

  const registry = async <T>(path: string, init: RequestInit = {}): Promise<T> =>
    (await (
      await fetch(`${server.url}/api/2.0/mlflow/${path}`, {
        ...init,
        headers: { 'content-type': 'application/json' },
      })
    ).json()) as T;
  const alias = () => `registered-models/alias?name=${trained.model}&alias=champion`;
  const champion = async () =>
    (await registry<{ model_version?: { version: string } }>(alias())).model_version?.version;

  beforeAll(async () => {
    server = await startMlflowServer('sqlite:///mlflow.db', 1);
    plane = await TestAssay.start({ args: ['--servers', '1'], env: { MLFLOW_TRACKING_URI: server.url } });
  }, 600_000);
  afterAll(async () => {
    await plane?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  test('assay up starts no registry of its own', () => {
    expect(plane.processes.map((p) => p.name)).not.toContain('registry');
    expect(plane.endpoints).toMatchObject({ registry: server.url, registryKind: 'mlflow' });
  });

  test('a training is registered there and released to champion', async () => {
    const signal = AbortSignal.timeout(280_000);
    const shop = new Shop('pricing', apiOf(plane.state, 'admin'), 1, signal, () => undefined);
    await shop.openEndpoint();
    trained = await shop.train('baseline');
    const release = await shop.release(trained);
    expect(release.state).toMatchObject({ kind: 'champion' });
    await until('the alias mirrors it', async () => (await champion()) === trained.version);
  });

  test('model servers serve the very bytes that the MLflow server keeps', async () => {
    const view = await until('the endpoint is served', async () => {
      const { body } = await plane.api<EndpointView>(`/endpoints/${FAMILIES.pricing.endpoint}`);
      return body.health === 'serving' ? body : undefined;
    });
    const file = join(plane.state, 'artifacts', view.route?.champion?.path ?? '');
    const served = createHash('sha256').update(readFileSync(file)).digest('hex');
    expect(served).toBe(trained.digest);
    const at = `name=${trained.model}&version=${trained.version}`;
    const kept = await fetch(`${server.url}/model-versions/get-artifact?${at}&path=model.onnx`);
    const digest = createHash('sha256')
      .update(new Uint8Array(await kept.arrayBuffer()))
      .digest('hex');
    expect(digest).toBe(trained.digest);
  });

  test('an alias that somebody takes away there is put back, and the audit log says so', async () => {
    const body = JSON.stringify({ name: trained.model, alias: 'champion' });
    await registry('registered-models/alias', { method: 'DELETE', body });
    await until('the alias is back', async () => (await champion()) === trained.version, 120_000);
    const decision = encodeURIComponent(`alias/${trained.model}/champion`);
    await until('the audit log says so', async () => {
      const { status, body } = await plane.api<{ event: string }[]>(`/decisions/${decision}`);
      return status === 200 && body.some((e) => e.event === 'alias.mirrored');
    });
  });

  test('model list tells what is there', async () => {
    const { code, stdout } = await assay(['model', 'list', '--json', '--state', plane.state]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([
      { name: trained.model, family: 'pricing', champion: trained.version },
    ]);
  });

  const title = `the data scientist's pages${isSkipped ? ` (skipped: ${NO_CHROMIUM})` : ''}`;
  describe.skipIf(isSkipped)(title, () => {
    let browser: Browser;
    let page: Page;
    beforeAll(async () => {
      if (chromiumPath === undefined) throw new Error(`The pages cannot be driven: ${NO_CHROMIUM}`);
      browser = await launchChromium(chromiumPath);
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
      page = await context.newPage();
      page.setDefaultTimeout(60_000);
      await open('/');
    }, 120_000);
    afterAll(() => browser?.close());

    const open = async (path: string): Promise<void> => {
      await page.goto(`${plane.endpoints.ui}${path}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
    };
    externalRegistryPages(() => ({ plane, page, open }), FAMILIES.pricing.model);
  });
});

test('a server that does not answer is named before anything starts', async () => {
  const state = mkdtempSync(join(tmpdir(), 'assay-no-registry-'));
  const { code, stderr } = await assay(['up', '--state', state], {
    env: { MLFLOW_TRACKING_URI: 'http://127.0.0.1:9' },
  });
  rmSync(state, { recursive: true, force: true });
  expect(code).toBe(1);
  expect(stderr).toContain('MLFLOW_TRACKING_URI');
});
