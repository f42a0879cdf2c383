import { readFileSync } from 'node:fs';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { FAMILIES } from '@assay/domain/families/all';
import type { Hosting } from '@assay/domain/route-plan';
import { afterEach, expect, test } from 'vitest';
import type { HostState } from './host/hosted-runs.ts';
import { DEFAULT_HOSTING, ModelHosting } from './hosting.ts';
import type { LoadedModel, ModelInput } from './model.ts';
import { readModel } from './model-file.ts';
import { openSession } from './session.ts';

const file = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const CHAMPION = 'loadtests/serving/models/champion.onnx';
const LOOPING = 'test/reference/models/vision-looping.onnx';

const opened: ModelHosting[] = [];
afterEach(async () => {
  for (const hosting of opened.splice(0)) await hosting.close();
});

/** States that hosts were seen in, oldest first. */
interface Seen {
  readonly hosting: ModelHosting;
  readonly states: HostState[];
}

function newHosting(options: Partial<typeof DEFAULT_HOSTING> = {}): Seen {
  const states: HostState[] = [];
  const hosting = new ModelHosting(
    { ...DEFAULT_HOSTING, ...options },
    { hostState: (_digest, _pid, state) => states.push(state), moved: () => undefined },
  );
  opened.push(hosting);
  return { hosting, states };
}

const open = async (
  { hosting }: Seen,
  path: string,
  wishes: Hosting = {},
  family: 'pricing' | 'vision' = 'vision',
): Promise<LoadedModel> => hosting.open(await readModel(file(path), undefined), FAMILIES[family], wishes);

/** An image whose run takes about a millisecond for each `ink`. */
function image(ink: number): ModelInput {
  const data = new Float32Array(64);
  data[0] = ink;
  return { data, shape: [1, 1, 8, 8] };
}
const NEVER_ENDS = 1e12;

function features(rows: number): ModelInput {
  return { data: Float32Array.from({ length: rows * 8 }, (_, i) => Math.sin(i)), shape: [rows, 8] };
}

const pidOf = (model: LoadedModel): number => model.status().hostPid ?? 0;
const until = async (what: () => boolean): Promise<void> => {
  while (!what()) await delay(5);
};

test('where a model runs is measured when it is loaded; the plan may say otherwise', async () => {
  const seen = newHosting();
  const place = async (path: string, wishes?: Hosting): Promise<string> =>
    (await open(seen, path, wishes)).status().place;
  expect(await place(LOOPING)).toBe('inline');
  expect(await place('test/reference/models/vision-slow.onnx')).toBe('process');
  expect(await place(LOOPING, { place: 'process' })).toBe('process');
  expect(await place('test/reference/models/vision-slow.onnx', { place: 'inline' })).toBe('inline');
});

test('a long run of a fast model goes to a process: the event loop goes on, the bits are the same', async () => {
  const model = await open(newHosting(), CHAMPION, {}, 'pricing');
  expect(model.status()).toMatchObject({ place: 'inline', hostPid: undefined });
  const large = features(300_000);
  let turns = 0;
  let done = false;
  const answer = model.run(large).finally(() => {
    done = true;
  });
  while (!done) {
    await turn();
    turns++;
  }
  expect(turns).toBeGreaterThan(10);
  const alone = openSession(readFileSync(file(CHAMPION)), { intraOpNumThreads: 1, logSeverityLevel: 4 });
  expect(Buffer.compare(Buffer.from((await answer).buffer), bytes(alone.run(large.data, large.shape)))).toBe(
    0,
  );
  expect(pidOf(model)).toBeGreaterThan(0);
  await model.release();
});
const bytes = (v: Float32Array): Buffer => Buffer.from(v.buffer, v.byteOffset, v.byteLength);

test('a model that was fast when it was measured and then is not gets a process of its own', async () => {
  const model = await open(newHosting(), LOOPING);
  for (let i = 0; i < 3; i++) await model.run(image(80));
  expect(model.status().place).toBe('process');
  expect([...(await model.run(image(0)))]).toHaveLength(10);
  expect(pidOf(model)).toBeGreaterThan(0);
});

test('kill -9 of a host: who ran is refused, who waited is answered by the next host; then it waits between starts', async () => {
  const seen = newHosting();
  const model = await open(seen, LOOPING, { place: 'process' });
  const first = pidOf(model);
  const [running, waiting] = [model.run(image(NEVER_ENDS)), model.run(image(1))];
  process.kill(first, 'SIGKILL');
  await expect(running).rejects.toMatchObject({ code: 'MODEL_CRASHED', status: 'UNAVAILABLE' });
  expect(await waiting).toHaveLength(10);
  expect(pidOf(model)).not.toBe(first);
  expect(model.status().hostRestarts).toBe(1);
  process.kill(pidOf(model), 'SIGKILL');
  await until(() => model.status().state === 'down');
  expect(model.status().reason).toContain('SIGKILL');
  await expect(model.run(image(0))).rejects.toMatchObject({ code: 'MODEL_CRASHED' });
  await until(() => model.status().state === 'up');
  expect(await model.run(image(0))).toHaveLength(10);
  expect(seen.states).toEqual(['up', 'starting', 'up', 'down', 'starting', 'up']);
});

test('a run that does not end is ended with its host, within the limit of the plan', async () => {
  const model = await open(newHosting(), LOOPING, { place: 'process', timeLimitMs: 300 });
  await expect(model.run(image(NEVER_ENDS))).rejects.toMatchObject({
    code: 'MODEL_HUNG',
    status: 'DEADLINE_EXCEEDED',
  });
  expect(await model.run(image(0))).toHaveLength(10);
});

test('a model that does not end when it is loaded is refused', async () => {
  const seen = newHosting({ loadLimitMs: 1 });
  await expect(open(seen, LOOPING)).rejects.toMatchObject({ code: 'MODEL_HUNG' });
});

test('what waits for a slow model is bounded, and does not run when nobody waits for it any more', async () => {
  const model = await open(newHosting({ queueLimit: 2 }), LOOPING, { place: 'process' });
  const gone = new Error('nobody waits');
  const running = model.run(image(100));
  const [left, last] = [
    model.run(image(NEVER_ENDS), () => {
      throw gone;
    }),
    model.run(image(0)),
  ];
  await expect(model.run(image(0))).rejects.toMatchObject({ code: 'OVERLOADED' });
  await expect(left).rejects.toThrow('nobody waits');
  expect(await running).toHaveLength(10);
  expect(await last).toHaveLength(10);
});

test('a host that has grown is replaced between two runs, and no answer is lost', async () => {
  const model = await open(
    newHosting({ maxGrowthBytes: 2 ** 20 }),
    CHAMPION,
    { place: 'process' },
    'pricing',
  );
  const first = pidOf(model);
  let answers = 0;
  while (pidOf(model) === first) {
    expect(await model.run(features(50_000))).toHaveLength(50_000);
    answers++;
  }
  expect(answers).toBeGreaterThan(0);
  expect(await model.run(features(3))).toHaveLength(3);
  expect(model.status().hostRestarts).toBe(0);
});

test('models that are opened at once are opened one after another; a released one leaves no process', async () => {
  const seen = newHosting();
  const models = await Promise.all([1, 2, 3].map(() => open(seen, CHAMPION, {}, 'pricing')));
  for (const model of models) {
    expect(await model.run(features(2))).toHaveLength(2);
    await model.release();
  }
  const slow = await open(seen, LOOPING, { place: 'process' });
  const pid = pidOf(slow);
  const exists = (): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  expect(exists()).toBe(true);
  await slow.release();
  expect(exists()).toBe(false);
});

test('a provider that this machine does not have: the processor, and the reason', async () => {
  const model = await open(newHosting({ providers: ['nonsense'] }), CHAMPION, {}, 'pricing');
  expect(model.status().provider).toBe('cpu');
  expect(model.status().providerReason).toContain('nonsense');
  expect(model.runtime).toMatch(/ cpu$/);
  expect(await model.run(features(2))).toHaveLength(2);
});
