import type { ModelRegistry } from '@assay/domain/ports/model-registry';
import type { RegistryChoice } from '@assay/domain/registry-choice';
import { httpModelRegistry } from './http-model-registry.ts';
import { mlflowModelRegistry } from './mlflow-model-registry.ts';

/** `artifactsDir`: where model servers load from; files of another server come there. */
export const openRegistry = (choice: RegistryChoice, artifactsDir: string): ModelRegistry =>
  choice.kind === 'assay' ? httpModelRegistry(choice) : mlflowModelRegistry(choice, artifactsDir);
