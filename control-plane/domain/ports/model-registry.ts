import type { CheckReport } from '../model-check/report.ts';
import type { SignatureFinding } from '../model-check/signing-policy.ts';

/** What the control plane needs of a registry; adapters: our own server, any MLflow server. */
export interface RegisteredVersion {
  readonly model: string;
  readonly version: string;
  readonly createdBy: string;
  /** Everybody who made or edited it: none of them approves it. */
  readonly authors: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  /** What the registry's own check of the files refused, a rule a line; absent: nothing, or it has not looked yet. */
  readonly refusals?: readonly string[];
  /** What it made of the signature; absent: it has no signing policy, or has not looked yet. */
  readonly signature?: SignatureFinding;
  /** The whole of that check; null or absent: the registry does not look at files. */
  readonly check?: VersionCheck | null;
  /** The ONNX file: digest is hex SHA-256, path is relative to the artifact folder that model servers share. */
  readonly onnx: { readonly path: string; readonly digest: string; readonly sizeBytes: number } | null;
}

export interface VersionCheck {
  /** `none`: no ONNX file and no family. */
  readonly state: 'pending' | 'ok' | 'refused' | 'none';
  readonly report: CheckReport | null;
  readonly checkedAtMs: number | null;
}

/** What the registry knows of where a version comes from. */
export interface VersionFacts {
  readonly createdAtMs: number;
  readonly runId: string | null;
  readonly description: string;
  readonly modelDescription: string;
  readonly modelTags: Readonly<Record<string, string>>;
  /** Version that this one was copied from, where its source names one: "model/version". */
  readonly copiedFrom: string | null;
  /** A registry that is not ours tells no digests. */
  readonly files: readonly {
    readonly path: string;
    readonly digest: string | null;
    readonly sizeBytes: number;
  }[];
  readonly run: {
    readonly id: string;
    readonly name: string;
    readonly startedAtMs: number;
    readonly endedAtMs: number | null;
    readonly params: Readonly<Record<string, string>>;
    /** As text where it is no finite number. */
    readonly metrics: Readonly<Record<string, number | string>>;
    readonly tags: Readonly<Record<string, string>>;
    readonly datasets: readonly { readonly name: string; readonly digest: string }[];
  } | null;
}

export interface ModelRegistry {
  /** Throws NOT_FOUND. */
  facts(model: string, version: string): Promise<VersionFacts>;
  version(model: string, version: string): Promise<RegisteredVersion>;
  /** Text of a small artifact beside the model (reference.json, metrics.json). Throws NOT_FOUND. */
  artifactText(model: string, version: string, name: string): Promise<string>;
  /** Hex SHA-256 of every file of a version. Throws NOT_FOUND. */
  digests(model: string, version: string): Promise<readonly { path: string; sha256: string }[]>;
  registerFolder(input: {
    model: string;
    experiment: string;
    dir: string;
    runName: string;
    metrics: Readonly<Record<string, number>>;
    params: Readonly<Record<string, string>>;
    tags: Readonly<Record<string, string>>;
  }): Promise<{ version: string; runId: string; digest: string }>;
  setAlias(model: string, alias: string, version: string): Promise<void>;
  deleteAlias(model: string, alias: string): Promise<void>;
  /** Alias → version. Throws NOT_FOUND for an unknown model. */
  aliases(model: string): Promise<Readonly<Record<string, string>>>;
  setVersionTag(model: string, version: string, key: string, value: string): Promise<void>;
}
