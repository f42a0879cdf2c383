import { fileURLToPath } from 'node:url';
import { lockedPython } from './locked-python.ts';

const at = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** Python with MLflow's client and what loads a model that was logged as ONNX; small beside the server's. */
export const mlflowClientPython = (): Promise<string> =>
  lockedPython('mlflow', at('contracts/mlflow-requirements.lock.txt'));

/** Python with the whole pinned MLflow; the first time takes minutes. */
export const mlflowPython = (): Promise<string> =>
  lockedPython('mlflow-server', at('reference/mlflow-server/requirements.lock.txt'));

/** Python with model-signing, the CycloneDX validator, OpenLineage's client and moto's S3 server. */
export const toolsPython = (): Promise<string> =>
  lockedPython('tools', at('reference/tools/requirements.lock.txt'));
