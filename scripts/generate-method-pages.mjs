// Writes control-plane/analysis/docs: a page a method, from its words in control-plane/analysis/explain and the measured
// rates in docs/rates.json (`npm run bench:rates -- --out control-plane/analysis/docs/rates.json`).
import { readFileSync, writeFileSync } from 'node:fs';
import { pages } from '../control-plane/analysis/explain/page.ts';

const folder = new URL('../control-plane/analysis/docs/', import.meta.url);
const rates = JSON.parse(readFileSync(new URL('rates.json', folder), 'utf8'));
for (const [name, text] of pages(rates)) writeFileSync(new URL(name, folder), text);
