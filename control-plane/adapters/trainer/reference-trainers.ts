import type { Family } from '@assay/domain/families/family';
import { type EnvironmentInput, ensureTrainerEnvironment } from './environment.ts';
import { TRAINERS_DIR } from './trainers-folder.ts';

/** Command of the reference trainer of a family; its environment is made on first use. */
export const referenceTrainers =
  (input: EnvironmentInput) =>
  async (family: Family): Promise<{ command: readonly string[]; cwd: string; lock: string }> => {
    const { python, lock } = await ensureTrainerEnvironment(input);
    return { command: [python, '-m', 'assay_trainers.train', '--family', family], cwd: TRAINERS_DIR, lock };
  };
