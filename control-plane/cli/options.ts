import { FAMILY_NAMES, type Family } from '@assay/domain/families/family';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { TOKEN_ROLES } from './supervisor/state-folder.ts';

/** Parses a whole number of a flag; anything else is wrong use (exit 2). */
export const whole =
  (from: number, to: number) =>
  (text: string): number => {
    const n = Number(text);
    if (!/^\d+$/.test(text) || n < from || n > to)
      throw new InvalidArgumentError(`must be a whole number from ${from} to ${to}`);
    return n;
  };

/** Parses `ranking,pricing`; the same family twice counts once. */
export function families(text: string): readonly Family[] {
  const names = [...new Set(text.split(','))];
  const unknown = names.find((name) => !(FAMILY_NAMES as readonly string[]).includes(name));
  if (unknown !== undefined)
    throw new InvalidArgumentError(`"${unknown}" is no family: known are ${FAMILY_NAMES.join(', ')}`);
  return names as Family[];
}

/** What a verb that talks to a running Assay takes. */
export const remote = (command: Command): Command =>
  command
    .option('--state <dir>', 'state folder of the running Assay', '.assay')
    .option('--json', 'print JSON');

/** Roles whose tokens endpoints.json hands out. */
export const asRole = (fallback: string): Option =>
  new Option('--as <role>', "act with this role's token")
    .choices(TOKEN_ROLES.filter((role) => role !== 'service'))
    .default(fallback);
