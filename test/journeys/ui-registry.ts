import { readFile } from 'node:fs/promises';
import type { Page as Listed } from '@assay/domain/ports/registry-reader';
import type { RegisteredVersionView } from '@assay/domain/read-models';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import type { TestAssay } from '../plane/assay.ts';
import { seriousViolations } from '../plane/chromium.ts';
import { until } from '../plane/until.ts';

/** What the journey of ui.test.ts has running. */
export interface UiWorld {
  readonly plane: TestAssay;
  readonly page: Page;
  open(path: string): Promise<void>;
}

/** More than a page of the table holds. */
const RUNS = 53;
const STEPS = 40;
const NAME = 'price sweep';

/** The data scientist's pages, driven beside the product owner's on the Assay that runs already. */
export function registryPages(world: () => UiWorld, model: string): void {
  runPages(world);
  test('a version: card, integrity, lineage, gate, past and bill of materials', () =>
    oneVersion(world(), model));
  test('two versions side by side, as the command line has them', () =>
    comparedVersions(world(), model, /^differs: digest/));
}

/** The same pages where the registry is another MLflow server: what it cannot answer is said in a sentence. */
export function externalRegistryPages(world: () => UiWorld, model: string): void {
  runPages(world);
  test('a version there: card, lineage and bill of materials, and what that server does not keep', () =>
    externalVersion(world(), model));
  test('one that was registered past Assay beside it', () =>
    comparedVersions(world(), model, /^differs: stage champion/));
  test('a model that Assay never released has a page too', () => unreleasedModel(world()));
}

function runPages(world: () => UiWorld): void {
  test('runs: filter in MLflow’s grammar, order, pages', () => runsOfAnExperiment(world()));
  test('a run: charts that the keyboard reads, its files, its data', () => oneRun(world()));
  test('runs side by side, with one chart of them all', () => comparedRuns(world()));
}

async function mlflow<T>({ plane }: UiWorld, path: string, body: object): Promise<T> {
  const response = await fetch(`${plane.endpoints.registry}/api/2.0/mlflow/${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${plane.endpoints.tokens['data-scientist']}`,
    },
    body: JSON.stringify(body),
  });
  expect(response.status, path).toBe(200);
  return (await response.json()) as T;
}

/** Depth 0 diverges; the others fall towards a loss that depends on their depth. */
async function trainings(world: UiWorld): Promise<void> {
  const { experiment_id } = await mlflow<{ experiment_id: string }>(world, 'experiments/create', {
    name: NAME,
  });
  for (let depth = 0; depth < RUNS; depth += 1) {
    const { run } = await mlflow<{ run: { info: { run_id: string } } }>(world, 'runs/create', {
      experiment_id,
      run_name: `depth ${depth}`,
      start_time: Date.now() - (RUNS - depth) * 60_000,
    });
    const { run_id } = run.info;
    const metrics = Array.from({ length: STEPS }, (_, step) => ({
      key: 'loss',
      value: depth === 0 && step > 30 ? 'NaN' : 1 / (1 + step) + depth / 100,
      timestamp: Date.now(),
      step,
    }));
    const params = [
      { key: 'depth', value: String(depth) },
      { key: 'family', value: 'pricing' },
    ];
    await mlflow(world, 'runs/log-batch', { run_id, metrics, params });
    await mlflow(world, 'runs/update', {
      run_id,
      status: depth === 0 ? 'FAILED' : 'FINISHED',
      end_time: Date.now(),
    });
  }
}

const rowsOf = (page: Page) => page.getByRole('table', { name: /^Runs/ }).locator('tbody').getByRole('row');

async function runsOfAnExperiment(world: UiWorld): Promise<void> {
  const { page } = world;
  await trainings(world);
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Training runs' }).click();
  await page.getByRole('link', { name: NAME }).click();
  await page.getByText('50 runs shown, there are more').waitFor();
  await page.getByRole('button', { name: 'Load more' }).click();
  await page.getByText(`${RUNS} runs shown`, { exact: true }).waitFor();
  expect(await rowsOf(page).count()).toBe(RUNS);

  const filter = page.getByRole('textbox', { name: /^Filter/ });
  await filter.fill('metrics.loss ~ 3');
  await filter.press('Enter');
  await page
    .getByRole('alert')
    .filter({ hasText: /filter|comparator/i })
    .waitFor();
  expect(await filter.getAttribute('aria-invalid')).toBe('true');
  expect(await seriousViolations(world.page)).toEqual([]);
  await filter.fill("params.depth != '0' AND metrics.loss < 0.06");
  await filter.press('Enter');
  await page.getByText('3 runs shown', { exact: true }).waitFor();
  await page.getByRole('columnheader', { name: 'loss' }).getByRole('link').click();
  await page
    .getByRole('columnheader', { name: 'loss', exact: false })
    .and(page.locator('[aria-sort=descending]'))
    .waitFor();
  expect((await rowsOf(page).first().getByRole('rowheader').textContent())?.trim()).toBe('depth 3');
  expect(await seriousViolations(world.page)).toEqual([]);
}

async function oneRun(world: UiWorld): Promise<void> {
  const { page } = world;
  await page.getByRole('textbox', { name: /^Filter/ }).fill("params.depth = '0'");
  await page.getByRole('button', { name: 'Search' }).click();
  await page.getByText('1 run shown', { exact: true }).waitFor();
  await page.getByRole('link', { name: 'depth 0', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'depth 0' }).waitFor();
  await page.getByText('Failed', { exact: true }).waitFor();
  await page.getByRole('img', { name: /^loss over steps, 1 run, step 0 to step 39$/ }).waitFor();
  await page.getByText('9 points not drawn: not a finite number').waitFor();
  const legend = page.getByRole('list', { name: 'Legend of loss' });
  expect(await legend.textContent()).toContain('NaN');
  const slider = page.getByRole('slider');
  await slider.focus();
  await page.keyboard.press('Home');
  await legend.getByText('1', { exact: true }).waitFor();
  expect(await slider.getAttribute('aria-valuetext')).toBe('step 0');
  await page.getByText('loss as a table').click();
  await page.getByRole('table', { name: 'loss by step' }).getByRole('row').nth(STEPS).waitFor();
  await page.getByRole('combobox', { name: 'Scale' }).selectOption('log');
  await page.getByText('9 points not drawn: not a positive number').waitFor();
  expect(await seriousViolations(world.page)).toEqual([]);
}

async function comparedRuns(world: UiWorld): Promise<void> {
  const { page } = world;
  await page.getByRole('navigation', { name: 'Breadcrumb' }).getByRole('link', { name: NAME }).click();
  const compare = page.getByRole('button', { name: /^Compare \d+ runs$/ });
  await page.getByText('Choose two runs or more in the table').waitFor();
  expect(await compare.isDisabled()).toBe(true);
  for (const depth of [51, 52]) await page.getByRole('checkbox', { name: `Compare depth ${depth}` }).check();
  await compare.click();
  await page.getByRole('heading', { level: 1, name: 'Compare runs' }).waitFor();
  await page.getByRole('img', { name: /^loss over steps, 2 runs/ }).waitFor();
  const table = page.getByRole('table', { name: /^Runs side by side/ });
  await table.getByRole('row', { name: /^differs: depth 51 52$|^differs: depth 52 51$/ }).waitFor();
  await table.getByRole('row', { name: /^family pricing pricing$/ }).waitFor();
  await page.getByRole('checkbox', { name: 'Only what differs' }).check();
  await table.getByRole('row', { name: /^family/ }).waitFor({ state: 'detached' });
  expect(await seriousViolations(world.page)).toEqual([]);
}

async function billOfMaterials(page: Page): Promise<void> {
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Bill of materials' }).click();
  const bill = JSON.parse(await readFile(await (await download).path(), 'utf8')) as { bomFormat: string };
  expect(bill.bomFormat).toBe('CycloneDX');
}

const versionsOf = async ({ plane }: UiWorld, model: string): Promise<readonly RegisteredVersionView[]> =>
  (await plane.api<Listed<RegisteredVersionView>>(`/registry/models/${model}/versions`)).body.items;

async function oneVersion(world: UiWorld, model: string): Promise<void> {
  const { page } = world;
  const champion = await until('a version is champion', async () =>
    (await versionsOf(world, model)).find((v) => v.stage === 'champion' && v.aliases.includes('champion')),
  );
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Models' }).click();
  await page.getByRole('link', { name: model, exact: true }).click();
  await page
    .getByRole('link', { name: `v${champion.version}`, exact: true })
    .first()
    .click();
  await page.getByRole('heading', { level: 1, name: `${model} v${champion.version}` }).waitFor();
  expect(await page.getByRole('list', { name: 'Gates' }).getByRole('listitem').count()).toBe(5);
  await page.getByText('Nothing refused').waitFor();
  await page.getByRole('list', { name: 'Lineage as a list' }).getByText('decided').waitFor();
  await page.getByRole('heading', { name: 'Model card' }).waitFor();
  await billOfMaterials(page);
  expect(await seriousViolations(world.page)).toEqual([]);

  await page.getByRole('button', { name: 'Show', exact: true }).click();
  await page.getByText(new RegExp(`version ${champion.version} was champion`)).waitFor();
  await page.getByLabel('Instant, local time').fill('2020-03-03T12:00:00');
  await page.getByRole('button', { name: 'Show', exact: true }).click();
  await page.getByText('no version was champion').waitFor();
  await page.getByLabel('Instant, local time').fill('2999-03-03T12:00:00');
  await page.getByRole('button', { name: 'Show', exact: true }).click();
  await page.getByRole('alert').filter({ hasText: 'it lies in the future' }).waitFor();

  await page.getByRole('link', { name: /^run / }).first().click();
  await page.getByRole('link', { name: `${model} v${champion.version}` }).waitFor();
  await page.getByRole('list', { name: 'Files', exact: true }).getByRole('listitem').first().waitFor();
}

async function comparedVersions(world: UiWorld, model: string, differs: RegExp): Promise<void> {
  const { page } = world;
  await until('there are two versions', async () => (await versionsOf(world, model)).length >= 2);
  await world.open(`/models/${model}`);
  for (const version of ['1', '2'])
    await page.getByRole('checkbox', { name: `Compare version ${version}`, exact: true }).check();
  await page.getByRole('button', { name: 'Compare versions' }).click();
  const table = page.getByRole('table', { name: /^Versions side by side/ });
  await table.getByRole('row', { name: differs }).waitFor();
  expect(await seriousViolations(world.page)).toEqual([]);
}

async function externalVersion(world: UiWorld, model: string): Promise<void> {
  const { page } = world;
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Models' }).click();
  await page.getByRole('link', { name: model, exact: true }).click();
  await page.getByText('does not keep who moved an alias when').waitFor();
  await page.getByRole('link', { name: 'v1', exact: true }).first().click();
  await page.getByRole('heading', { level: 1, name: `${model} v1` }).waitFor();
  await page.getByText('This registry does not look at files').waitFor();
  await page.getByRole('list', { name: 'Lineage as a list' }).getByText('decided').waitFor();
  await page.getByRole('heading', { name: 'Model card' }).waitFor();
  await billOfMaterials(page);
  await page.getByRole('button', { name: 'Show', exact: true }).click();
  await page.getByText(/version 1 was champion/).waitFor();
  await page.getByText('keeps no history: this is what Assay itself did').waitFor();
  expect(await seriousViolations(world.page)).toEqual([]);
  await page.getByRole('link', { name: /^run / }).first().click();
  await page.getByRole('link', { name: `${model} v1` }).waitFor();
  await page.getByRole('list', { name: 'Files', exact: true }).getByRole('listitem').first().waitFor();
  await registerAgain(world, model);
}

/** A version that somebody makes at the server itself, of the same files. */
async function registerAgain(world: UiWorld, model: string): Promise<void> {
  const { endpoints } = world.plane;
  const at = `${endpoints.registry}/api/2.0/mlflow/model-versions/get?name=${model}&version=1`;
  const { model_version } = (await (await fetch(at)).json()) as {
    model_version: { source: string; run_id: string };
  };
  const { source, run_id } = model_version;
  await mlflow(world, 'model-versions/create', { name: model, source, run_id });
}

async function unreleasedModel(world: UiWorld): Promise<void> {
  const { page } = world;
  await mlflow(world, 'registered-models/create', { name: 'never released' });
  await world.open(`/models/never%20released?at=${encodeURIComponent(new Date().toISOString())}`);
  await page.getByRole('heading', { level: 1, name: 'never released' }).waitFor();
  await page.getByText('no version was champion').waitFor();
  await page.getByText('keeps no history: this is what Assay itself did').waitFor();
  expect(await seriousViolations(world.page)).toEqual([]);
}
