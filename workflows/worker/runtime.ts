import { createServer } from 'node:net';
import { DefaultLogger, type LogEntry, Runtime } from '@temporalio/worker';
import { pino } from 'pino';

/** A port that was free a moment ago: Temporal's core binds it itself and does not say which it took. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** Temporal's core with our log and its own metrics; answers their URL. Once a process. */
export async function openRuntime(): Promise<string> {
  const log = pino({ name: 'worker' });
  const write = ({ level, message, meta }: LogEntry): void => {
    const { error, ...rest } = (meta ?? {}) as { error?: unknown };
    const line = error === undefined ? rest : { ...rest, err: error };
    if (level === 'ERROR') log.error(line, message);
    else if (level === 'WARN') log.warn(line, message);
    else log.info(line, message);
  };
  const bindAddress = `127.0.0.1:${await freePort()}`;
  Runtime.install({
    logger: new DefaultLogger('INFO', write),
    telemetryOptions: {
      logging: { filter: { core: 'WARN', other: 'ERROR' } },
      metrics: { prometheus: { bindAddress } },
    },
  });
  return `http://${bindAddress}/metrics`;
}
