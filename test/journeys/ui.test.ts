import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { REPOSITORY } from '@assay/cli/supervisor/cache';
import { FAMILIES } from '@assay/domain/families/all';
import type { ExperimentView } from '@assay/domain/read-models';
import type { Release } from '@assay/domain/release';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestAssay } from '../plane/assay.ts';
import { findChromium, launchChromium, NO_CHROMIUM, seriousViolations } from '../plane/chromium.ts';
import { until } from '../plane/until.ts';
import { registryPages } from './ui-registry.ts';

const chromiumPath = findChromium(process.env);
const isCi = process.env.CI !== undefined && process.env.CI !== '';

/** Pricing has an A/B experiment, a candidate that ships and one that its canary stops; its trainer is quick. */
const FAMILY = 'pricing';
const STORY_MS = 8 * 60_000;
/** Before the experiment: by then the candidate that ships has left these states, so it is the harmful one. */
const EARLY: ReadonlySet<string> = new Set(['requested', 'validating', 'shadowing', 'canary']);

// In CI a missing browser is a failure: a journey that never runs proves nothing.
const isSkipped = chromiumPath === undefined && !isCi;
const title = `a person drives Assay in a browser${isSkipped ? ` (skipped: ${NO_CHROMIUM})` : ''}`;

describe.skipIf(isSkipped)(title, () => {
  let plane: TestAssay;
  let demo: ChildProcess;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;

  const releasesOf = async (): Promise<readonly Release[]> =>
    (await plane.api<Release[]>(`/releases?endpoint=${FAMILIES[FAMILY].endpoint}`)).body;

  const open = async (path: string): Promise<void> => {
    await page.goto(`${plane.endpoints.ui}${path}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
  };

  beforeAll(async () => {
    if (chromiumPath === undefined) throw new Error(`The UI journey cannot run: ${NO_CHROMIUM}`);
    plane = await TestAssay.start({ args: ['--auth', 'required'] });
    for (const spec of Object.values(FAMILIES)) {
      const body = JSON.stringify({
        name: spec.endpoint,
        family: spec.family,
        owner: `${spec.family}-team`,
        policy: spec.policy,
        autonomy: 'auto',
        profile: 'demo',
      });
      const { status } = await plane.api('/endpoints', { method: 'POST', body });
      expect(status).toBeLessThan(300);
    }
    demo = spawn(
      process.execPath,
      [join(REPOSITORY, 'control-plane/cli/main.ts'), 'demo', '--families', FAMILY, '--state', plane.state],
      { stdio: 'ignore' },
    );
    browser = await launchChromium(chromiumPath);
    context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    page = await context.newPage();
  }, 300_000);

  afterAll(async () => {
    await browser?.close();
    if (demo?.exitCode === null) {
      demo.kill('SIGTERM');
      await once(demo, 'exit');
    }
    await plane?.[Symbol.asyncDispose]();
  });

  test('without a token the page says what to do, and a wrong one is refused with a remedy', async () => {
    await open('/');
    await page.getByRole('heading', { name: 'Sign in first' }).waitFor();
    await page.getByRole('alert').getByText('Set a token at the top right').waitFor();
    await page.getByRole('button', { name: 'Set token' }).click();
    await page.getByRole('dialog', { name: 'Access token' }).getByLabel('Token').fill('wrong');
    await page.getByRole('button', { name: 'Use token' }).click();
    await page.getByRole('alert').getByText('UNAUTHENTICATED').waitFor();
    expect(await seriousViolations(page)).toEqual([]);
  });

  test('with a token the overview shows the five endpoints, live', async () => {
    await page.getByRole('button', { name: 'Token set' }).click();
    const token = plane.endpoints.tokens['product-owner'] ?? '';
    await page.getByRole('dialog', { name: 'Access token' }).getByLabel('Token').fill(token);
    await page.getByRole('button', { name: 'Use token' }).click();
    await page.getByRole('heading', { level: 1, name: 'Endpoints' }).waitFor();
    for (const spec of Object.values(FAMILIES))
      await page.getByRole('article', { name: spec.endpoint }).waitFor();
    expect(await page.getByRole('article').count()).toBe(5);
    await page.getByRole('status').getByText('Live', { exact: true }).waitFor();
    expect(await seriousViolations(page)).toEqual([]);
  });

  test(
    'an endpoint without a champion says so; one with traffic shows its split without a reload',
    async () => {
      const idle = page.getByRole('article', { name: FAMILIES.ranking.endpoint });
      await idle.getByText('No champion yet').waitFor();
      const busy = page.getByRole('article', { name: FAMILIES[FAMILY].endpoint });
      await busy
        .getByRole('list', { name: `Traffic of ${FAMILIES[FAMILY].endpoint}` })
        .getByRole('listitem')
        .filter({ hasText: /champion.* \d+ %.*\/s/ })
        .first()
        .waitFor({ timeout: STORY_MS });
    },
    STORY_MS,
  );

  test(
    'from the overview to an open release, its gates, its why and its record',
    async () => {
      const article = page.getByRole('article', { name: FAMILIES[FAMILY].endpoint });
      await article.getByRole('link', { name: /^Release v\d+$/ }).click({ timeout: STORY_MS });
      await page.getByRole('heading', { level: 1, name: new RegExp(FAMILIES[FAMILY].model) }).waitFor();
      expect(await page.getByRole('list', { name: 'Gates' }).getByRole('listitem').count()).toBe(5);
      await page.getByText('Why', { exact: true }).waitFor();
      const record = page.getByRole('list', { name: 'Decision record' });
      await record.getByText('Requested', { exact: true }).waitFor();
      await page.getByText('every hash recomputed here and right').waitFor();
      await record.getByText('as it is hashed').first().click();
      await record.getByText('"previousHash"').first().waitFor();
      expect(await seriousViolations(page)).toEqual([]);
    },
    STORY_MS,
  );

  test(
    'an experiment shows its running estimate as a chart and as a table',
    async () => {
      const experiment = await until(
        'an experiment has three looks',
        async () => {
          const { body } = await plane.api<ExperimentView[]>('/experiments');
          const [first] = body;
          if (first === undefined) return undefined;
          const { body: view } = await plane.api<ExperimentView>(
            `/experiments/${encodeURIComponent(first.plan.id)}`,
          );
          return view.looks.length >= 3 ? view : undefined;
        },
        STORY_MS,
      );
      await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Experiments' }).click();
      await page.getByRole('link', { name: experiment.plan.id }).click();
      await page.getByRole('heading', { level: 1, name: experiment.plan.id }).waitFor();
      await page.getByText(experiment.plan.hypothesis, { exact: true }).first().waitFor();
      const { label, unit } = experiment.plan.northStar;
      // “Contribution margin, candidate minus champion, over 12 looks; the last: +1.2 [0.3, 2.1] cents per occasion”
      const chart = page.getByRole('img', { name: `${label}, candidate minus champion` });
      const name = (await chart.getAttribute('aria-label')) ?? '';
      expect(name).toMatch(/the last: [+−]?[\d.,]+ \[[+−]?[\d.,]+, [+−]?[\d.,]+\] /);
      expect(name.endsWith(unit)).toBe(true);
      await page.getByText('The same as a table').click();
      const table = page.getByRole('table', { name: /Every look/ });
      await table.getByRole('row').nth(3).waitFor();
      expect(
        await page
          .getByRole('list', { name: / per arm$/ })
          .getByRole('listitem')
          .count(),
      ).toBe(2);
      expect(await seriousViolations(page)).toEqual([]);
    },
    STORY_MS,
  );

  test(
    'a product owner aborts an open release with the keyboard alone',
    async () => {
      const release = await until(
        'the next candidate is open',
        async () => (await releasesOf()).find((r) => EARLY.has(r.state.kind)),
        STORY_MS,
      );
      await open(`/releases/${release.model}/${release.version}`);
      await tabTo('Abort release');
      await page.keyboard.press('Enter');
      const dialog = page.getByRole('dialog', { name: /^Abort the release of/ });
      await dialog.getByText('the champion answers alone').waitFor();
      // An empty reason is refused by the field itself; the dialog stays.
      await tabTo('Abort release');
      await page.keyboard.press('Enter');
      expect(await dialog.isVisible()).toBe(true);
      await page.keyboard.type('the shop closes early today');
      expect(await seriousViolations(page)).toEqual([]);
      await tabTo('Abort release');
      await page.keyboard.press('Enter');
      await dialog.waitFor({ state: 'hidden' });
      await page.getByText('Aborted', { exact: true }).first().waitFor();
      const record = page.getByRole('list', { name: 'Decision record' });
      await record.getByText('the shop closes early today').first().waitFor();
      expect(await page.getByRole('button', { name: 'Abort release' }).first().isDisabled()).toBe(true);
      await page.getByText('nothing left to abort').waitFor();
      const { body } = await plane.api<{ release: Release }>(`/releases/${release.model}/${release.version}`);
      expect(body.release.state.kind).toBe('aborted');
    },
    STORY_MS,
  );

  test('models and servers list what runs; a version links to its release', async () => {
    await open('/servers');
    await page.getByRole('row').filter({ hasText: 'Up to date' }).first().waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Models' }).click();
    await page.getByRole('link', { name: FAMILIES[FAMILY].model }).click();
    const row = page.getByRole('row').filter({ hasText: 'Champion' }).first();
    await row.getByRole('rowheader').getByRole('link').click();
    await page.getByRole('link', { name: 'The release and its record' }).click();
    await page.getByRole('list', { name: 'Decision record' }).waitFor();
    expect(await seriousViolations(page)).toEqual([]);
  });

  registryPages(() => ({ plane, page, open }), FAMILIES[FAMILY].model);

  test('what does not exist is answered with the server’s own words and a remedy', async () => {
    await open('/releases/no-such-model/1');
    const alert = page.getByRole('alert');
    await alert.getByText('NOT_FOUND').waitFor();
    await alert.getByText('Check the name').waitFor();
  });

  test('dark theme keeps its contrast', async () => {
    await open('/');
    await page.getByRole('button', { name: /^Theme: system/ }).click();
    await page.getByRole('button', { name: /^Theme: light/ }).click();
    await page.getByRole('button', { name: /^Theme: dark/ }).waitFor();
    for (const path of ['/', '/releases', '/experiments', '/training', '/models']) {
      await open(path);
      expect(await seriousViolations(page)).toEqual([]);
    }
  });

  test('the skip link is the first stop and leads to the content', async () => {
    await open('/');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
  });

  /** Presses Tab until the element with this text has the focus; fails after a whole round. */
  async function tabTo(text: string): Promise<void> {
    for (let i = 0; i < 60; i += 1) {
      await page.keyboard.press('Tab');
      const focused = await page.evaluate(() => document.activeElement?.textContent?.trim());
      if (focused === text) return;
    }
    throw new Error(`Tab never reached "${text}"`);
  }
});
