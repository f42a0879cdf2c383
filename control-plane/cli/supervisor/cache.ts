import { fileURLToPath } from 'node:url';

/** The clone that this code runs from. */
export const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));

/** Tools that were fetched once and serve every state folder: the Temporal CLI, Python environments. */
export const cacheFolder = (env: NodeJS.ProcessEnv): string => env.ASSAY_CACHE ?? `${REPOSITORY}.assay/cache`;
