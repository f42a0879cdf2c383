import { Agent, request } from 'node:http';

/** A registry under test, ours or the real one: the same paths for both. */
export interface Client extends Disposable {
  readonly name: string;
  /** Body of the answer as text; throws on any status but 200. Connections are kept open. */
  ask(method: 'GET' | 'POST', path: string, body?: string): Promise<string>;
}

export function connect(name: string, url: string): Client {
  // uvicorn hangs up after 5 s of silence, and a request on its way then is lost: idle connections go before that
  const agent = new Agent({ keepAlive: true, maxSockets: 16, timeout: 2_000 });
  const { hostname, port } = new URL(url);
  const ask: Client['ask'] = (method, path, body) =>
    new Promise((resolve, reject) => {
      const headers =
        body === undefined
          ? {}
          : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
      const options = { agent, hostname, port, method, path: `/api/2.0/mlflow/${path}`, headers };
      const sent = request(options, (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('error', reject);
        answer.on('end', () => {
          const text = Buffer.concat(parts).toString();
          if (answer.statusCode === 200) resolve(text);
          else reject(new Error(`${name}: ${method} ${path} answered ${answer.statusCode}: ${text}`));
        });
      });
      sent.on('error', (cause) => reject(new Error(`${name}: ${method} ${path} failed`, { cause })));
      sent.end(body);
    });
  return { name, ask, [Symbol.dispose]: () => agent.destroy() };
}
