import { createHash } from 'node:crypto';
import { stringifyExact } from '@assay/domain/exact-json';

/** Keys sorted; lists too, because MLflow's tags, params and files are sets that come in any order. */
const ordered = (value: unknown): unknown => {
  if (Array.isArray(value)) {
    const items = value.map((v) => ordered(v));
    return items.sort((a, b) => (stringifyExact(a) < stringifyExact(b) ? -1 : 1));
  }
  if (typeof value !== 'object' || value === null) return value;
  const object = value as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    Object.keys(object)
      .sort()
      .map((key) => [key, ordered(object[key])]),
  );
};

/** Hex SHA-256 of an entity's content: equal as long as nothing of it changed at the source. */
export const fingerprint = (entity: unknown): string =>
  createHash('sha256')
    .update(stringifyExact(ordered(entity)))
    .digest('hex');
