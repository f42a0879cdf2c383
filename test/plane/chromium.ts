import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { type Browser, chromium, type Page } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'] as const;

const canRun = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** CHROMIUM_PATH, else the first known name on PATH; undefined when there is none. */
export function findChromium(env: NodeJS.ProcessEnv): string | undefined {
  if (env.CHROMIUM_PATH) return env.CHROMIUM_PATH;
  const folders = (env.PATH ?? '').split(delimiter).filter((f) => f !== '');
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(canRun);
}

export const NO_CHROMIUM =
  'no Chromium: install one ("apt-get install chromium") or set CHROMIUM_PATH to its executable';

/** A real browser without a screen. */
export async function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  });
}

/** What axe-core finds on a page and calls serious or critical: address, rule, elements. Its context must be `newContext()`. */
export async function seriousViolations(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter((v) => v.impact === 'serious' || v.impact === 'critical')
    .map((v) => `${page.url()}: ${v.id}: ${v.nodes.map((n) => n.html).join(' | ')}`);
}
