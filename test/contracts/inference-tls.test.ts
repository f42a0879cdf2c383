import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type PeerCertificate } from 'node:tls';
import { GRPCInferenceServiceClient } from '@assay/proto/gen/inference/open_inference_grpc';
import { credentials, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { infer, pricingInputs, refusal, requestOf } from './inference-calls.ts';
import { endpoint, ModelServerProcess, until } from './inference-server.ts';

const PLAN = [endpoint('price', 'pricing', 'pricing-elastic')];
const REQUEST = requestOf('price', pricingInputs(1000, 500));
const dir = mkdtempSync(join(tmpdir(), 'assay-tls-'));
const at = (name: string): string => join(dir, name);
const read = (name: string): Buffer => readFileSync(at(name));

function openssl(...args: string[]): void {
  const { status: code, stderr } = spawnSync('openssl', args, { cwd: dir, encoding: 'utf8' });
  if (code !== 0) throw new Error(stderr);
}
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** A certificate for 127.0.0.1 that the test's own authority signed: `<name>.crt`, `<name>.key`. */
function certificate(name: string): void {
  openssl(
    'req',
    ...KEY,
    '-subj',
    `/CN=${name}`,
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.csr`,
    '-addext',
    'subjectAltName=IP:127.0.0.1',
  );
  openssl(
    'x509',
    '-req',
    '-in',
    `${name}.csr`,
    '-CA',
    'ca.crt',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-days',
    '2',
    '-copy_extensions',
    'copy',
    '-out',
    `${name}.crt`,
  );
}

// Where there is no openssl nobody can make the certificates
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
beforeAll(() => {
  if (!hasOpenssl) return;
  openssl(
    'req',
    '-x509',
    ...KEY,
    '-days',
    '2',
    '-subj',
    '/CN=test authority',
    '-keyout',
    'ca.key',
    '-out',
    'ca.crt',
  );
  for (const name of ['first', 'second', 'client']) certificate(name);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** The server's certificate under the names that it is configured with. */
const install = (name: string): void => {
  for (const kind of ['key', 'crt']) copyFileSync(at(`${name}.${kind}`), at(`server.${kind}`));
};

const start = (env: Readonly<Record<string, string>> = {}): Promise<ModelServerProcess> =>
  ModelServerProcess.start(PLAN, {
    env: { ASSAY_TLS_CERT: at('server.crt'), ASSAY_TLS_KEY: at('server.key'), ...env },
  });

/** One answer over TLS, with the client's own certificate or without. */
async function ask(server: ModelServerProcess, withCertificate: boolean, token?: string) {
  const own = withCertificate ? ([read('client.key'), read('client.crt')] as const) : ([null, null] as const);
  const inference = new GRPCInferenceServiceClient(
    server.grpc,
    credentials.createSsl(read('ca.crt'), ...own),
    {
      'grpc.use_local_subchannel_pool': 1,
    },
  );
  try {
    return await infer({ inference } as unknown as ModelServerProcess, REQUEST, token);
  } finally {
    inference.close();
  }
}

const get = (server: ModelServerProcess, path: string, options: object = {}): Promise<number> =>
  new Promise((resolve, reject) => {
    request(`${server.http}${path}`, { ca: read('ca.crt'), agent: false, ...options }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });

/** Whom new connections see, over gRPC's port and over REST's. */
async function names(server: ModelServerProcess): Promise<readonly string[]> {
  const ports = [server.grpc.split(':')[1], new URL(server.http).port].map(Number);
  return Promise.all(
    ports.map(async (port) => {
      const socket = connect({
        port,
        host: '127.0.0.1',
        ca: read('ca.crt'),
        ALPNProtocols: ['h2', 'http/1.1'],
      });
      await once(socket, 'secureConnect');
      const { subject } = socket.getPeerCertificate() as PeerCertificate;
      socket.destroy();
      return String(subject.CN);
    }),
  );
}

test.skipIf(!hasOpenssl)(
  'TLS on both ports; a new certificate is used without a restart, a broken one is not',
  async () => {
    install('first');
    await using server = await start();
    expect((await ask(server, false)).reason).toBe('champion');
    expect(server.http).toMatch(/^https:/);
    expect(await get(server, '/v2/health/ready')).toBe(200);
    await expect(infer(server, REQUEST)).rejects.toMatchObject({ code: status.UNAVAILABLE });
    expect(await names(server)).toEqual(['first', 'first']);
    copyFileSync(at('client.key'), at('server.key'));
    server.signal('SIGHUP');
    await until('the refusal', () => server.log.includes('could not be read again') || undefined);
    expect(await names(server)).toEqual(['first', 'first']);
    install('second');
    server.signal('SIGHUP');
    await until(
      'the new certificate',
      async () => (await names(server)).every((n) => n === 'second') || undefined,
    );
    expect((await ask(server, false)).reason).toBe('champion');
  },
);

test.skipIf(!hasOpenssl)('mTLS: who has no certificate of the authority is not heard', async () => {
  install('first');
  await using server = await start({ ASSAY_TLS_CLIENT_CA: at('ca.crt') });
  expect((await ask(server, true)).reason).toBe('champion');
  await expect(ask(server, false)).rejects.toMatchObject({ code: status.UNAVAILABLE });
  const own = { key: read('client.key'), cert: read('client.crt') };
  expect(await get(server, '/v2/health/ready', own)).toBe(200);
  await expect(get(server, '/v2/health/ready')).rejects.toThrow();
});

test.skipIf(!hasOpenssl)(
  'another address than loopback only with TLS and tokens: then it answers there',
  async () => {
    install('first');
    const tokens = {
      shop: { subject: 'shop', role: 'serving-client' },
      eye: { subject: 'eye', role: 'auditor' },
    };
    await using server = await start({
      ASSAY_HOST: '0.0.0.0',
      ASSAY_AUTH: 'required',
      ASSAY_TOKENS: JSON.stringify(tokens),
    });
    server.grpc = server.grpc.replace('0.0.0.0', '127.0.0.1');
    expect((await ask(server, false, 'shop')).reason).toBe('champion');
    expect((await refusal(ask(server, false))).code).toBe(status.UNAUTHENTICATED);
    expect((await refusal(ask(server, false, 'eye'))).code).toBe(status.PERMISSION_DENIED);
  },
);
