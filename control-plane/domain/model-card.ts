import type { RegisteredVersion, VersionFacts } from './ports/model-registry.ts';
import { ENVIRONMENT_LOCK } from './trainer.ts';

/** Tags by which people say what no machine can know; the version's own wins over the model's. */
export const CARD_TAGS = {
  owner: 'assay.owner',
  sla: 'assay.sla',
  retrainCycle: 'assay.retrain_cycle',
  purpose: 'assay.purpose',
  limits: 'assay.limits',
  licence: 'assay.license',
  promptClass: 'assay.prompt_class',
  codeRevision: 'assay.code_revision',
  parents: 'assay.parents',
} as const;

/** Files beside the model that hold a report of that name. */
export const REPORTS = { fairness: 'fairness.json', robustness: 'robustness.json' } as const;
const ENVIRONMENT = [
  ENVIRONMENT_LOCK,
  'environment.txt',
  'requirements.txt',
  'conda.yaml',
  'python_env.yaml',
  'uv.lock',
  'poetry.lock',
  'environment.json',
];

/**
 * Sections after Mitchell et al., "Model Cards for Model Reporting" (2019), fields after Hugging Face's card metadata where
 * both have one. Null: nobody stated it.
 */
export interface ModelCard {
  readonly schema: 'assay.model-card/1';
  readonly details: {
    readonly model: string;
    readonly version: string;
    readonly family: string | null;
    readonly owner: string | null;
    readonly description: string | null;
    readonly licence: string | null;
    readonly promptClass: string | null;
    readonly registeredBy: string;
    readonly format: 'ONNX' | null;
    readonly digest: string | null;
    readonly sizeBytes: number | null;
    readonly codeRevision: string | null;
    /** Lock files of the environment that trained it. */
    readonly environment: readonly { readonly path: string; readonly digest: string | null }[];
    /** "model/version" that it descends from. */
    readonly parents: readonly string[];
  };
  readonly intendedUse: { readonly purpose: string | null; readonly limits: string | null };
  readonly operation: {
    readonly sla: string | null;
    readonly retrainCycle: string | null;
    readonly endpoints: readonly string[];
  };
  readonly signature: { readonly inputs: unknown; readonly outputs: unknown } | null;
  readonly data: readonly { readonly name: string; readonly digest: string }[];
  readonly metrics: Readonly<Record<string, number | string>>;
  /** What Assay itself measured on held-out rows; null: not validated yet. */
  readonly validation: unknown;
  readonly fairness: unknown;
  readonly robustness: unknown;
}

export interface CardFacts {
  readonly registered: RegisteredVersion;
  readonly facts: VersionFacts;
  readonly endpoints: readonly { readonly name: string; readonly owner: string }[];
  readonly signature: ModelCard['signature'];
  readonly validation: unknown;
  readonly fairness: unknown;
  readonly robustness: unknown;
}

export function modelCard(given: CardFacts): ModelCard {
  const { registered, facts, endpoints } = given;
  const said = (field: keyof typeof CARD_TAGS): string | null =>
    registered.tags[CARD_TAGS[field]] ?? facts.modelTags[CARD_TAGS[field]] ?? null;
  return {
    schema: 'assay.model-card/1',
    details: {
      model: registered.model,
      version: registered.version,
      family: registered.tags['assay.family'] ?? null,
      owner: said('owner') ?? endpoints[0]?.owner ?? null,
      description: facts.description || facts.modelDescription || null,
      licence: said('licence'),
      promptClass: said('promptClass'),
      registeredBy: registered.tags['assay.created_by'] ?? registered.createdBy,
      format: registered.onnx === null ? null : 'ONNX',
      digest: registered.onnx?.digest ?? null,
      sizeBytes: registered.onnx?.sizeBytes ?? null,
      codeRevision: said('codeRevision') ?? facts.run?.tags['mlflow.source.git.commit'] ?? null,
      environment: facts.files
        .filter((f) => ENVIRONMENT.includes(f.path))
        .map(({ path, digest }) => ({ path, digest })),
      parents: parentsOf(said('parents'), facts.copiedFrom),
    },
    intendedUse: { purpose: said('purpose'), limits: said('limits') },
    operation: {
      sla: said('sla'),
      retrainCycle: said('retrainCycle'),
      endpoints: endpoints.map((e) => e.name),
    },
    signature: given.signature,
    data: dataOf(registered, facts),
    metrics: facts.run?.metrics ?? {},
    validation: given.validation,
    fairness: given.fairness,
    robustness: given.robustness,
  };
}

const parentsOf = (said: string | null, copiedFrom: string | null): readonly string[] => {
  const listed = (said ?? '').split(',').map((p) => p.trim());
  return [...new Set([...listed, copiedFrom ?? ''])].filter((p) => p !== '');
};

/** Data sets that the run names, and the snapshot that Assay trained on. */
export function dataOf(
  { tags }: Pick<RegisteredVersion, 'tags'>,
  { run }: Pick<VersionFacts, 'run'>,
): readonly { name: string; digest: string }[] {
  const snapshot = tags['assay.snapshot'];
  const trained =
    snapshot === undefined ? [] : [{ name: tags['assay.snapshot_dir'] ?? 'snapshot', digest: snapshot }];
  return [...trained, ...(run?.datasets ?? [])];
}
