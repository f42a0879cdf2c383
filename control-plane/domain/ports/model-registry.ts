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
  /** The ONNX file: digest is hex SHA-256, path is relative to the artifact folder that model servers share. */
  readonly onnx: { readonly path: string; readonly digest: string; readonly sizeBytes: number } | null;
}

export interface ModelRegistry {
  version(model: string, version: string): Promise<RegisteredVersion>;
  /** Text of a small artifact beside the model (reference.json, metrics.json). Throws NOT_FOUND. */
  artifactText(model: string, version: string, name: string): Promise<string>;
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
