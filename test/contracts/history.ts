import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** A history as Worker.runReplayHistory takes it. */
export type History = Awaited<Parameters<typeof import('@temporalio/worker').Worker.runReplayHistory>[1]>;

/** As `temporal workflow show --output json` writes it. */
export interface RecordedHistory {
  readonly events: readonly {
    readonly eventType: string;
    readonly activityTaskScheduledEventAttributes?: { activityType: { name: string } };
  }[];
}

const FOLDER = fileURLToPath(new URL('../histories', import.meta.url));

export const recordedHistories = (): readonly string[] =>
  readdirSync(FOLDER).filter((name) => name.endsWith('.json'));

export const readRecorded = (name: string): RecordedHistory =>
  JSON.parse(readFileSync(`${FOLDER}/${name}`, 'utf8')) as RecordedHistory;

interface ProtoJson {
  fromJson(type: unknown, json: unknown, options: { ignoreUnknownFields: boolean }): History;
}

// The SDK's own reader refuses every type where npm has put several copies of protobufjs beside each other, as it does here
// (its instanceof sees another copy's class): so the JSON is read with the copy that @temporalio/proto itself was made with.
const ofWorker = createRequire(createRequire(import.meta.url).resolve('@temporalio/worker'));
const ofProto = createRequire(ofWorker.resolve('@temporalio/proto'));
const protojson = ofProto('protobufjs/ext/protojson') as ProtoJson;
const { patchProtobufRoot } = ofWorker('@temporalio/proto/lib/patch-protobuf-root') as {
  patchProtobufRoot(root: unknown): { lookupType(name: string): unknown };
};
const historyType = patchProtobufRoot(ofWorker('@temporalio/proto')).lookupType(
  'temporal.api.history.v1.History',
);

export const toHistory = (recorded: RecordedHistory): History =>
  protojson.fromJson(historyType, recorded, { ignoreUnknownFields: true });
