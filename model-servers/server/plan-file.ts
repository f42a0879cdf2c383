import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import { dirname } from 'node:path';
import { AssayError } from '@assay/domain/errors';
import { localSecret } from '../evidence/unit-key.ts';
import type { PlanInput } from '../routing/plan-holder.ts';

const LOOK_MS = 500;

/** A plan file for stand-alone servers; each reading is a new route version. */
export class PlanFile {
  readonly #file: string;
  readonly #secret: Buffer;
  #version = 0n;

  constructor(file: string, evidenceDir: string) {
    this.#file = file;
    this.#secret = localSecret(evidenceDir);
  }

  /** Throws PLAN_INVALID when the file cannot be read. */
  read(): PlanInput {
    try {
      const json = readFileSync(this.#file, 'utf8');
      this.#version++;
      return { json, routeVersion: this.#version, unitSecret: this.#secret, base: dirname(this.#file) };
    } catch (cause) {
      const text = `Cannot read route plan "${this.#file}": ${(cause as Error).message}`;
      throw new AssayError('PLAN_INVALID', text, { cause });
    }
  }

  /** Calls at every change of the file and at SIGHUP; returns the way to stop. */
  watch(changed: () => void): () => void {
    watchFile(this.#file, { interval: LOOK_MS }, (now, before) => {
      if (now.mtimeMs !== before.mtimeMs || now.size !== before.size) changed();
    });
    process.on('SIGHUP', changed);
    return () => {
      unwatchFile(this.#file);
      process.off('SIGHUP', changed);
    };
  }
}
