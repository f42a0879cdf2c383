import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The last good plan as it was streamed. The key of unit keys is not part of it: it never touches the disk. */
export interface KeptPlan {
  readonly version: string;
  readonly digest: string;
  readonly json: string;
}

const fileIn = (stateDir: string): string => join(stateDir, 'route-plan.json');

export function keepPlan(stateDir: string, plan: KeptPlan): void {
  mkdirSync(stateDir, { recursive: true });
  const file = fileIn(stateDir);
  writeFileSync(`${file}.new`, JSON.stringify(plan));
  renameSync(`${file}.new`, file);
}

/** Undefined when none was kept or it cannot be read: the stream brings another one. */
export function keptPlan(stateDir: string): KeptPlan | undefined {
  try {
    const { version, digest, json } = JSON.parse(readFileSync(fileIn(stateDir), 'utf8')) as Partial<KeptPlan>;
    return typeof version === 'string' && typeof digest === 'string' && typeof json === 'string'
      ? { version, digest, json }
      : undefined;
  } catch {
    return undefined;
  }
}
