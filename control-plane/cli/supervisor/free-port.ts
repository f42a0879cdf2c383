import { createServer } from 'node:net';
import { AssayError } from '@assay/domain/errors';

/** Binds for a moment: the port asked for, or with 0 one that the system chooses. */
function bind(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      const bound = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(bound));
    });
  });
}

// Below the ranges from which systems lend ports to outgoing connections (Linux from 32768, RFC 6335 from 49152): one
// lent there between our choice and the child's own bind, or while a child restarts, would keep it from listening.
const FIRST_PORT = 20_000;
const PORTS = 12_000;
const TRIES = 500;
/** Each process goes on from a place of its own, so that two that start at once do not choose the same before either binds. */
const A_PROCESS = 20;
let next = (process.pid * A_PROCESS) % PORTS;

/** A port that was free a moment ago, and that this process has not chosen before, for programs that cannot choose one themselves. */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < TRIES; tried++) {
    const port = FIRST_PORT + next;
    next = (next + 1) % PORTS;
    const free = await bind(port).catch(() => undefined);
    if (free !== undefined) return free;
  }
  return await bind(0);
}

/** The port that a flag fixes. Throws CONFIG_INVALID when another program has it, or it is not ours to take. */
export async function fixedPort(flag: string, port: number): Promise<number> {
  try {
    return await bind(port);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
    const why = code === 'EADDRINUSE' ? 'another program listens there' : code;
    throw new AssayError('CONFIG_INVALID', `Cannot use port ${port} for ${flag}: ${why}`, {
      cause,
      field: flag,
    });
  }
}
