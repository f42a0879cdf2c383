// Writes the README's picture of the UI: node scripts/screenshot.mjs --state .assay [--out FILE] [--path /] [--theme light]
// A real Chromium looks at the Assay that runs on the state folder; nothing in the picture is made up.
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findChromium, launchChromium, NO_CHROMIUM } from '../test/plane/chromium.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({
  options: {
    state: { type: 'string', default: join(root, '.assay') },
    out: { type: 'string', default: join(root, 'ui/docs/overview.png') },
    path: { type: 'string', default: '/' },
    theme: { type: 'string', default: 'light' },
  },
});

const executable = findChromium(process.env);
if (executable === undefined) throw new Error(`Cannot take the picture: ${NO_CHROMIUM}`);
const endpoints = JSON.parse(readFileSync(join(resolve(values.state), 'endpoints.json'), 'utf8'));

const browser = await launchChromium(executable);
try {
  const page = await browser.newPage({
    viewport: { width: 1360, height: 830 },
    deviceScaleFactor: 1.5,
    colorScheme: values.theme === 'dark' ? 'dark' : 'light',
  });
  await page.goto(`${endpoints.ui}${values.path}#token=${endpoints.tokens.admin}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.getByRole('status').getByText('Live', { exact: true }).waitFor();
  await page.evaluate(() => document.fonts.ready);
  mkdirSync(dirname(values.out), { recursive: true });
  await page.screenshot({ path: values.out });
  console.log(`wrote ${values.out}`);
} finally {
  await browser.close();
}
