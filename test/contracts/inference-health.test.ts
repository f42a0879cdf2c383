import { fileURLToPath } from 'node:url';
import { credentials, loadPackageDefinition, type ServiceError } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { endpoint, ModelServerProcess, until } from './inference-server.ts';

const HEALTH = fileURLToPath(new URL('../../proto/grpc/health/v1/health.proto', import.meta.url));

interface HealthClient {
  Check(
    request: { service: string },
    done: (error: ServiceError | null, answer?: { status: string }) => void,
  ): void;
  Watch(request: { service: string }): NodeJS.EventEmitter & { cancel(): void };
  close(): void;
}

let server: ModelServerProcess;
let health: HealthClient;
beforeAll(async () => {
  server = await ModelServerProcess.start([endpoint('rank', 'ranking', 'ranking-affinity')]);
  const definition = loadPackageDefinition(loadSync(HEALTH, { enums: String, defaults: true }));
  const { Health } = (
    definition as unknown as { grpc: { health: { v1: { Health: new (...a: unknown[]) => HealthClient } } } }
  ).grpc.health.v1;
  health = new Health(server.grpc, credentials.createInsecure());
});
afterAll(async () => {
  health.close();
  await server[Symbol.asyncDispose]();
});

const check = (service: string): Promise<string> =>
  new Promise((resolve, reject) =>
    health.Check({ service }, (error, answer) => (error ? reject(error) : resolve(answer?.status ?? ''))),
  );

test('health of the server, its services and each endpoint; what is unknown is NOT_FOUND', async () => {
  for (const service of ['', 'inference.GRPCInferenceService', 'assay.evidence.v1.Evidence', 'rank'])
    expect(await check(service)).toBe('SERVING');
  await expect(check('nowhere')).rejects.toMatchObject({ code: 5 });
});

test('a watch hears of a new endpoint', async () => {
  const heard: string[] = [];
  const watch = health.Watch({ service: 'later' });
  watch.on('data', (answer: { status: string }) => heard.push(answer.status));
  watch.on('error', () => undefined);
  await until('the first status', () => (heard.length > 0 ? true : undefined));
  server.writePlan([
    endpoint('rank', 'ranking', 'ranking-affinity'),
    endpoint('later', 'ranking', 'ranking-affinity'),
  ]);
  server.signal('SIGHUP');
  await until('the change', () => (heard.length > 1 ? true : undefined));
  watch.cancel();
  expect(heard).toEqual(['SERVICE_UNKNOWN', 'SERVING']);
});

test.for(['v1', 'v1alpha'])('reflection %s lists the public services', async (version) => {
  const name = `grpc.reflection.${version}`;
  // The service is its own description: @grpc/reflection ships the protocol's files
  const file = fileURLToPath(
    new URL(
      `../../node_modules/@grpc/reflection/build/proto/grpc/reflection/${version}/reflection.proto`,
      import.meta.url,
    ),
  );
  const definition = loadPackageDefinition(loadSync(file)) as unknown as {
    grpc: { reflection: Record<string, { ServerReflection: new (...a: unknown[]) => Reflection }> };
  };
  interface Reflection {
    ServerReflectionInfo(): NodeJS.EventEmitter & { write(r: object): void; end(): void };
    close(): void;
  }
  const Client = definition.grpc.reflection[version]?.ServerReflection;
  if (Client === undefined) throw new Error(`${name} is not there`);
  const client = new Client(server.grpc, credentials.createInsecure());
  const call = client.ServerReflectionInfo();
  const services = new Promise<string[]>((resolve, reject) => {
    call.on('error', reject);
    call.on('data', (answer: { listServicesResponse: { service: { name: string }[] } }) =>
      resolve(answer.listServicesResponse.service.map((s) => s.name)),
    );
  });
  call.write({ listServices: '' });
  expect(await services).toEqual(
    expect.arrayContaining([
      'inference.GRPCInferenceService',
      'assay.evidence.v1.Evidence',
      'grpc.health.v1.Health',
    ]),
  );
  call.end();
  client.close();
});
