import type { Core } from './core.ts';
import { PlanFile } from './plan-file.ts';

/** Applies the file's plan, now and at each change; a bad one is refused and the old one stays. Returns the way to end. */
export async function followFile(
  core: Core,
  file: string,
  evidenceDir: string,
): Promise<() => Promise<void>> {
  const planFile = new PlanFile(file, evidenceDir);
  const apply = async (): Promise<void> => {
    const table = await core.plans.apply(planFile.read());
    core.health.changed();
    core.events.planApplied(table.routeVersion, table.endpoints.size);
  };
  try {
    await apply();
  } catch (cause) {
    await core.close();
    throw cause;
  }
  const stop = planFile.watch(() => {
    apply().catch((cause: unknown) => core.events.planRefused((cause as Error).message));
  });
  return async () => {
    stop();
    await core.close();
  };
}
