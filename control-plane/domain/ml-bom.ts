import { sha256Hex } from './sha256.ts';
import { ENVIRONMENT_LOCK } from './trainer.ts';

/** Files whose pinned lines are the libraries of the environment; the first that lies beside the model counts. */
const LOCKS = [ENVIRONMENT_LOCK, 'requirements.txt'];

export const lockAmong = <F extends { readonly path: string }>(files: readonly F[]): F | undefined =>
  LOCKS.map((path) => files.find((f) => f.path === path)).find((file) => file !== undefined);

/** What is written into the bill of materials of one model version. */
export interface BomInput {
  readonly name: string;
  readonly version: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly createdBy: string;
  readonly runId: string;
  readonly tags: Readonly<Record<string, string>>;
  /** A registry that is not ours tells no digests. */
  readonly files: readonly {
    readonly path: string;
    readonly digest: string | null;
    readonly sizeBytes: number;
  }[];
  /** Text of the lock beside the model, where there is one. */
  readonly requirements: string | null;
}

const MODEL_REF = 'model';
const LIBRARY = /^([A-Za-z0-9][A-Za-z0-9._-]*)==([A-Za-z0-9][A-Za-z0-9.+!_-]*)/;

/** Normalised as PyPI's package URLs want it. */
const purlOf = (name: string, version: string): string =>
  `pkg:pypi/${name.toLowerCase().replaceAll(/[._-]+/g, '-')}@${encodeURIComponent(version)}`;

/** A UUID that follows from the content: the same version gives the same bill. */
function serialOf(content: string): string {
  const hex = sha256Hex(content);
  // Version 8 (own scheme), variant 10, by RFC 9562
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

const property = (name: string, value: string) => ({ name, value });

/** CycloneDX 1.6 ML-BOM as JSON: the model, every file by SHA-256, and the pinned libraries of its environment. */
export function mlBomOf(input: BomInput): string {
  const files = input.files.map((file) => ({
    type: 'file',
    'bom-ref': `file:${file.path}`,
    name: file.path,
    ...(file.digest !== null && { hashes: [{ alg: 'SHA-256', content: file.digest }] }),
    properties: [property('assay:size_bytes', String(file.sizeBytes))],
  }));
  const libraries = librariesOf(input.requirements ?? '');
  const body = {
    metadata: {
      timestamp: input.createdAt,
      tools: { components: [{ type: 'application', name: 'assay' }] },
      component: modelOf(input),
    },
    components: [...files, ...libraries],
    dependencies: [{ ref: MODEL_REF, dependsOn: [...files, ...libraries].map((c) => c['bom-ref']) }],
  };
  const serialNumber = serialOf(JSON.stringify(body));
  return JSON.stringify(
    {
      $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      serialNumber,
      version: 1,
      ...body,
    },
    null,
    2,
  );
}

function modelOf({ name, version, createdBy, runId, tags }: BomInput) {
  const sorted = Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    type: 'machine-learning-model',
    'bom-ref': MODEL_REF,
    name,
    version,
    authors: [{ name: createdBy }],
    ...(tags.licence === undefined ? {} : { licenses: [{ license: { name: tags.licence } }] }),
    modelCard: {
      modelParameters: {
        ...(tags['assay.family'] === undefined ? {} : { task: tags['assay.family'] }),
      },
    },
    properties: [property('mlflow:run_id', runId), ...sorted.map(([k, v]) => property(`tag:${k}`, v))],
  };
}

/** Pinned lines alone: what is not pinned names no version, and a bill of materials must not guess one. */
function librariesOf(requirements: string) {
  const pinned = new Map(
    requirements.split('\n').flatMap((line) => {
      const [, name, version] = LIBRARY.exec(line.trim()) ?? [];
      return name === undefined || version === undefined
        ? []
        : [[purlOf(name, version), { name, version }] as const];
    }),
  );
  return [...pinned].map(([purl, { name, version }]) => ({
    type: 'library',
    'bom-ref': purl,
    name,
    version,
    purl,
  }));
}
