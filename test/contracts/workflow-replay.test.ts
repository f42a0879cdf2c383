import { bundleWorkflows } from '@assay/worker/bundle';
import { DefaultLogger, type ReplayWorkerOptions, Runtime, Worker } from '@temporalio/worker';
import { beforeAll, expect, test } from 'vitest';
import { type RecordedHistory, readRecorded, recordedHistories, toHistory } from './history.ts';

let options: ReplayWorkerOptions;
beforeAll(async () => {
  // A replay that fails is reported by its error; what the core prints of it says nothing more
  Runtime.install({
    logger: new DefaultLogger('ERROR', () => undefined),
    telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' } } },
  });
  options = { workflowBundle: await bundleWorkflows() };
}, 60_000);

const recorded = recordedHistories();

test('each workflow has a recorded history', () => {
  for (const workflow of ['release', 'experiment', 'monitor', 'train'])
    expect(recorded.some((name) => name.startsWith(workflow))).toBe(true);
});

test.for(recorded)("today's code replays %s", async (name) => {
  await Worker.runReplayHistory(options, toHistory(readRecorded(name)));
});

/** As if the workflow of that day had called another activity at this place. */
function altered(history: RecordedHistory): RecordedHistory {
  const copy = structuredClone(history);
  const scheduled = copy.events.flatMap((e) => e.activityTaskScheduledEventAttributes ?? []);
  const middle = scheduled[scheduled.length >> 1];
  if (middle === undefined) throw new Error('the history schedules no activity');
  middle.activityType.name = 'promoteWithoutAsking';
  return copy;
}

test('an altered history fails', async () => {
  const history = toHistory(altered(readRecorded('release-ship.json')));
  await expect(Worker.runReplayHistory(options, history)).rejects.toThrow(/promoteWithoutAsking/);
});
