import { readdirSync, readFileSync } from 'node:fs';
import { status } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { infer, pricingInputs, refusal, requestOf, type Sent, visionInputs } from './inference-calls.ts';
import { endpoint, ModelServerProcess, served, until } from './inference-server.ts';

/** A run takes about a millisecond for each `ink`. */
function image(ink: number): Sent[] {
  const [inputs] = visionInputs(0);
  const values = new Float32Array(64);
  values[0] = ink;
  return [{ ...(inputs as Sent), data: Buffer.from(values.buffer) }];
}
const NEVER_ENDS = 1e12;

const looping = (hosting: object, more: object = {}): object =>
  endpoint('look', 'vision', 'vision-looping', {
    champion: { ...served('1', 'vision-looping'), hosting },
    ...more,
  });
/** The machine may be busy with other tests. */
const HOSTED = { place: 'process', timeLimitMs: 60_000 };
const PRICE = endpoint('price', 'pricing', 'pricing-elastic');
const look = (ink: number) => requestOf('look', image(ink));

/** Processes that a process has started, as Linux tells. */
const childrenOf = (pid: number): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const fields = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
        return Number(fields[1]) === pid;
      } catch {
        return false;
      }
    })
    .map(Number);

/** Ends the hosts of a server's models: it finds them again by itself. */
function killHosts(server: ModelServerProcess): void {
  for (const pid of childrenOf(server.pid)) process.kill(pid, 'SIGKILL');
}

const health = async (server: ModelServerProcess): Promise<number> =>
  (await fetch(`${server.http}/v2/models/look/ready`)).status;

test('20 prices are answered while one picture is looked at', async () => {
  await using server = await ModelServerProcess.start([looping(HOSTED), PRICE]);
  let isLookedAt = false;
  const looked = infer(server, look(1_000)).then((told) => {
    isLookedAt = true;
    return told;
  });
  for (let i = 0; i < 20; i++) {
    await infer(server, requestOf('price', pricingInputs(1000, 500)));
    expect(isLookedAt).toBe(false);
  }
  expect((await looked).reason).toBe('champion');
});

test('kill -9 of a host: the fallback answers who ran, the next host the next one; the server is the same', async () => {
  await using server = await ModelServerProcess.start([looping(HOSTED), PRICE]);
  const running = infer(server, look(NEVER_ENDS));
  await infer(server, requestOf('price', pricingInputs(1000, 500)));
  const pid = server.pid;
  killHosts(server);
  expect(await running).toMatchObject({ reason: 'fallback-default', arm: 'fallback' });
  expect(await infer(server, look(0))).toMatchObject({ reason: 'champion', version: '1' });
  expect(server.pid).toBe(pid);
  expect(server.isAlive).toBe(true);
});

test('without a fallback the client learns why; a host that goes on ending makes its endpoint alone unready', async () => {
  await using server = await ModelServerProcess.start([looping(HOSTED, { fallback: 'none' }), PRICE]);
  const running = refusal(infer(server, look(NEVER_ENDS)));
  await infer(server, requestOf('price', pricingInputs(1000, 500)));
  killHosts(server);
  expect(await running).toMatchObject({ code: status.UNAVAILABLE, reason: 'MODEL_CRASHED' });
  await until('endpoint is unready', async () => {
    killHosts(server);
    return (await health(server)) === 503 ? true : undefined;
  });
  expect((await fetch(`${server.http}/v2/models/price/ready`)).status).toBe(200);
  expect((await infer(server, requestOf('price', pricingInputs(1000, 500)))).reason).toBe('champion');
  await until('endpoint is ready again', async () => ((await health(server)) === 200 ? true : undefined));
  expect((await infer(server, look(0))).reason).toBe('champion');
  const metrics = await (await fetch(`${server.http}/metrics`)).text();
  expect(metrics).toMatch(/assay_model_host_restarts\{[^}]*place="process"[^}]*\} [1-9]/);
});

test('a run that never ends is ended within its limit: the fallback, or DEADLINE_EXCEEDED', async () => {
  const hosting = { ...HOSTED, timeLimitMs: 300 };
  const strict = { ...(looping(hosting, { fallback: 'none' }) as object), name: 'strict' };
  await using server = await ModelServerProcess.start([looping(hosting), strict]);
  expect(await infer(server, look(NEVER_ENDS))).toMatchObject({ reason: 'fallback-default' });
  expect(await infer(server, look(0))).toMatchObject({ reason: 'champion' });
  const hung = await refusal(infer(server, requestOf('strict', image(NEVER_ENDS))));
  expect(hung).toMatchObject({ code: status.DEADLINE_EXCEEDED, reason: 'MODEL_HUNG' });
});

test('kill -9 of the server: its hosts do not outlive it, not even one whose run never ends', async () => {
  await using server = await ModelServerProcess.start([looping(HOSTED), PRICE]);
  infer(server, look(NEVER_ENDS)).catch(() => undefined);
  await infer(server, requestOf('price', pricingInputs(1000, 500)));
  const hosts = childrenOf(server.pid);
  expect(hosts.length).toBeGreaterThan(0);
  await server.stop('SIGKILL');
  await until('no host is left', () => (hosts.some((pid) => isRunning(pid)) ? undefined : true));
});
/** A process that has ended stays a zombie where nobody waits for it. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

test('a slow model takes a bounded share of what a server may have in progress', async () => {
  await using server = await ModelServerProcess.start([looping(HOSTED), PRICE], {
    env: { ASSAY_MODEL_QUEUE: '2' },
  });
  const looks = Array.from({ length: 4 }, () => refusalOrReason(infer(server, look(150))));
  expect((await infer(server, requestOf('price', pricingInputs(1000, 500)))).reason).toBe('champion');
  expect((await Promise.all(looks)).sort()).toEqual(['OVERLOADED', 'champion', 'champion', 'champion']);
});
const refusalOrReason = async (call: ReturnType<typeof infer>): Promise<string> =>
  call.then(
    (told) => told.reason,
    async () => (await refusal(call)).reason,
  );

test('ServerMetadata says on what models compute, why not on what was asked for, and how much memory they take', async () => {
  await using server = await ModelServerProcess.start([looping(HOSTED), PRICE], {
    env: { ASSAY_EXECUTION_PROVIDERS: 'cuda,cpu' },
  });
  const { extensions } = (await (await fetch(`${server.http}/v2`)).json()) as { extensions: string[] };
  const provider = extensions.find((e) => e.startsWith('assay_execution_provider:'));
  if (provider !== 'assay_execution_provider: cuda') expect(provider).toMatch(/: cpu \(cuda: .+\)$/);
  const memory = extensions.find((e) => e.startsWith('assay_model_memory_bytes:'));
  expect(memory).toMatch(/: [1-9]\d{6,} in 2 models$/);
  const metrics = await (await fetch(`${server.http}/metrics`)).text();
  expect(metrics).toMatch(/assay_model_memory_bytes\{[^}]*place="process"[^}]*\} [1-9]/);
  expect((await infer(server, look(0))).reason).toBe('champion');
});
