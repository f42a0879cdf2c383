import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { AssayError } from '@assay/domain/errors';

/** PostgreSQL refuses to run as root; then it runs as this user. */
const POSTGRES_USER = 'postgres';

export interface OsUser {
  readonly uid: number;
  readonly gid: number;
}

const idOf = (flag: '-u' | '-g'): number =>
  Number(execFileSync('id', [flag, POSTGRES_USER], { stdio: ['ignore', 'pipe', 'ignore'] }));

/** The user to run PostgreSQL as: undefined for oneself; as root the user `postgres`, made where it is missing. */
export function postgresUser(): OsUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  try {
    return { uid: idOf('-u'), gid: idOf('-g') };
  } catch {
    try {
      execFileSync('useradd', ['--system', '--user-group', '--no-create-home', POSTGRES_USER], {
        stdio: 'ignore',
      });
      return { uid: idOf('-u'), gid: idOf('-g') };
    } catch (cause) {
      throw new AssayError(
        'CONFIG_INVALID',
        'Cannot start PostgreSQL as root: making the OS user "postgres" failed; run as another user or set DATABASE_URL',
        { cause },
      );
    }
  }
}

/** Can that user walk to a path? A clone inside a private folder (mode 0700) is closed to it. */
export function canReach(path: string, user: OsUser): boolean {
  for (let dir = resolve(path); ; dir = dirname(dir)) {
    const s = statSync(dir);
    const bit = s.uid === user.uid ? 0o100 : s.gid === user.gid ? 0o010 : 0o001;
    if ((s.mode & bit) === 0) return false;
    if (dir === dirname(dir)) return true;
  }
}

/**
 * Command line that runs `command` as `user`. Where the path to the program or the data is closed to that user, it keeps
 * one capability of root's, CAP_DAC_READ_SEARCH, to walk there; it still writes only what it owns.
 */
export function asUser(
  user: OsUser | undefined,
  paths: readonly string[],
  command: readonly string[],
): readonly string[] {
  if (user === undefined) return command;
  const open = paths.every((p) => canReach(p, user));
  // Without the securebit access(2), by which PostgreSQL looks for its own programs, leaves the capability out (capabilities(7))
  const capability = open
    ? []
    : ['--securebits=+no_setuid_fixup', '--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search'];
  return [
    'setpriv',
    `--reuid=${user.uid}`,
    `--regid=${user.gid}`,
    '--clear-groups',
    ...capability,
    '--',
    ...command,
  ];
}
