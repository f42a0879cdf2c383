import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type WorkflowBundleWithSourceMap } from '@temporalio/worker';

/** The workflows as one script for Temporal's sandbox, made from the .ts sources at each start; a few seconds. */
export const bundleWorkflows = (): Promise<WorkflowBundleWithSourceMap> =>
  bundleWorkflowCode({
    // By path: the definitions never run in this process, only in the sandbox
    workflowsPath: fileURLToPath(import.meta.resolve('@assay/definitions/workflows')),
    logger: quiet,
  });

const nothing = (): void => undefined;
/** Webpack reports each module; only what goes wrong is worth a line, and that throws. */
const quiet = {
  log: nothing,
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: (message: string) => console.warn(message),
  error: (message: string) => console.error(message),
};
