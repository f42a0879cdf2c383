import { type Refusal, refuse } from '../contract/refusal.ts';
import { isObject } from '../contract/shape.ts';
import { EXPLANATIONS } from './explain.ts';
import type { Fields } from './explanation.ts';

/** Units of one arm, by whichever array or count the method takes; null when it cannot be counted. */
function unitsOf(arm: unknown): number | null {
  if (Array.isArray(arm)) return arm.length;
  if (!isObject(arm)) return null;
  if (typeof arm.n === 'number') return arm.n;
  const rows = [arm.values, arm.y, arm.numerator].find(Array.isArray);
  return rows === undefined ? null : rows.length;
}

function unitsIn(request: Fields): number | null {
  const rows = request.y ?? request.values ?? request.reward;
  if (Array.isArray(rows)) return rows.length;
  if (Array.isArray(request.counts)) return request.counts.reduce((a: number, b) => a + Number(b), 0);
  if (typeof request.n === 'number') return request.n;
  const [control, treatment] = [unitsOf(request.control), unitsOf(request.treatment)];
  return control === null || treatment === null ? null : control + treatment;
}

/**
 * Fixed-horizon results hold their level at the one reading that was planned. A request may say what was planned
 * (`plannedUnits`, all arms together); then a smaller sample is refused. Always-valid methods may be read at any time.
 */
export function readTooEarly(method: string, request: Fields): Refusal | null {
  const planned = request.plannedUnits;
  if (planned === undefined || EXPLANATIONS[method]?.horizon !== 'fixed') return null;
  const field = 'plannedUnits';
  if (typeof planned !== 'number' || !Number.isInteger(planned))
    return refuse('wrong-type', field, planned, 'it must be a whole number', 'Give the units planned');
  if (planned < 1) return refuse('out-of-range', field, planned, 'it must be at least 1', 'Give 1 or more');
  const units = unitsIn(request);
  if (units === null)
    return refuse('out-of-range', field, planned, 'this request has no units to count', 'Leave it out');
  if (units >= planned) return null;
  const rule = `${units} units so far: a fixed-horizon result holds its level only at the planned end`;
  return refuse('too-few', field, planned, rule, `Wait for ${planned} units, or ask asymptotic-cs`);
}
