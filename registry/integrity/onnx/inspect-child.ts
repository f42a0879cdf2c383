// Runs in a process of its own, which may not write, start processes or load native code: what reads a file of unknown
// quality takes only this process with it. One request as JSON on standard input, one reply on standard output.
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { MlModel } from '../mlmodel.ts';
import { findFile, readMlModel } from './find-file.ts';
import type { Inspected, InspectRequest } from './messages.ts';
import { readFacts } from './read-facts.ts';

const attempt = <T>(work: () => T): { value: T; fault: null } | { value: null; fault: string } => {
  try {
    return { value: work(), fault: null };
  } catch (cause) {
    return { value: null, fault: (cause as Error).message.slice(0, 500) };
  }
};

function inspect({ folder, file: given, maxFileBytes }: InspectRequest): Inspected {
  const stated = attempt<MlModel | null>(() => readMlModel(folder));
  const found =
    given === null ? attempt(() => findFile(folder, stated.value)) : { value: given, fault: null };
  const known = {
    file: found.value,
    sizeBytes: 0,
    signature: stated.value?.signature ?? null,
    layoutFault: stated.fault ?? found.fault,
    facts: null,
    readFault: null,
  };
  if (known.file === null) return known;
  const path = join(folder, known.file);
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat?.isFile()) return { ...known, layoutFault: `${known.file} is no plain file` };
  if (stat.size > maxFileBytes) return { ...known, sizeBytes: stat.size };
  const read = attempt(() => readFacts(readFileSync(path), folder));
  return { ...known, sizeBytes: stat.size, facts: read.value, readFault: read.fault };
}

process.stdout.write(JSON.stringify(inspect(JSON.parse(await text(process.stdin)) as InspectRequest)));
