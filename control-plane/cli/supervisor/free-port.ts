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

/** A port that was free a moment ago, for programs that cannot choose one themselves and say which. */
export const freePort = (): Promise<number> => bind(0);

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
