import { join } from 'node:path';
import { AssayError } from '@assay/domain/errors';
import type { BlobStore } from '@assay/registry-store/artifacts-blobs';
import { prepareIntake } from '@assay/registry-store/artifacts-intake';
import { LocalBlobs } from '@assay/registry-store/artifacts-local';
import type { S3Location } from '@assay/registry-store/artifacts-s3';
import { Staging } from '@assay/registry-store/artifacts-staging';

export interface ArtifactConfig {
  readonly store: { readonly kind: 'local'; readonly root: string } | ({ readonly kind: 's3' } & S3Location);
  /** Uploads on their way: on the disk of the store, or of this machine when the store is S3. */
  readonly stagingDir: string;
  /** 0: no sweep but those asked for. */
  readonly sweepEveryMs: number;
  /** What is younger than this is never swept. */
  readonly sweepGraceMs: number;
}

type Env = Readonly<Record<string, string | undefined>>;
const bad = (message: string) => new AssayError('CONFIG_INVALID', `Cannot start the registry: ${message}`);

const milliseconds = (env: Env, name: string, fallback: number): number => {
  const value = Number(env[name] || fallback);
  if (!Number.isSafeInteger(value) || value < 0)
    throw bad(`${name} ${JSON.stringify(env[name])} is no number of milliseconds`);
  return value;
};

const readS3 = (uri: string, env: Env): S3Location => {
  const [, bucket = '', prefix = ''] = /^s3:\/\/([^/]*)\/?(.*?)\/*$/.exec(uri) ?? [];
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket) || /(^|\/)\.{0,2}(\/|$)/.test(prefix || 'x'))
    throw bad(`ASSAY_ARTIFACTS ${JSON.stringify(uri)} must be s3://bucket or s3://bucket/prefix`);
  const endpoint = env.ASSAY_S3_ENDPOINT || undefined;
  if (endpoint !== undefined && !/^https?:\/\/[^/@]+\/?$/.test(endpoint))
    throw bad('ASSAY_S3_ENDPOINT must be http(s)://host:port, without credentials');
  return { bucket, prefix, endpoint, region: env.AWS_REGION || env.AWS_DEFAULT_REGION || 'us-east-1' };
};

/** `ASSAY_ARTIFACTS` is a folder or s3://bucket/prefix. Throws CONFIG_INVALID naming the variable. */
export const readArtifactConfig = (env: Env): ArtifactConfig => {
  const where = env.ASSAY_ARTIFACTS;
  if (!where) throw bad('ASSAY_ARTIFACTS is missing');
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(where)?.[1];
  if (scheme !== undefined && scheme !== 's3')
    throw bad(`ASSAY_ARTIFACTS ${JSON.stringify(where)} must be a folder or s3://bucket/prefix`);
  const store =
    scheme === undefined
      ? ({ kind: 'local', root: where } as const)
      : ({ kind: 's3', ...readS3(where, env) } as const);
  const state = env.ASSAY_STATE && join(env.ASSAY_STATE, 'staging');
  const stagingDir = store.kind === 'local' ? where : env.ASSAY_ARTIFACTS_STAGING || state;
  if (!stagingDir)
    throw bad(
      'ASSAY_ARTIFACTS_STAGING is missing: with an S3 store, name a local folder for uploads on their way',
    );
  return {
    store,
    stagingDir,
    sweepEveryMs: milliseconds(env, 'ASSAY_SWEEP_EVERY_MS', 3_600_000),
    sweepGraceMs: milliseconds(env, 'ASSAY_SWEEP_GRACE_MS', 86_400_000),
  };
};

/** The S3 SDK is loaded only where it is used: it takes a third of a second. */
const openBlobs = async ({ store }: ArtifactConfig): Promise<BlobStore> => {
  if (store.kind === 'local') return new LocalBlobs(store.root);
  const { S3Blobs } = await import('@assay/registry-store/artifacts-s3');
  const blobs = new S3Blobs(store);
  await blobs.check();
  return blobs;
};

export const openArtifacts = async (config: ArtifactConfig) => {
  const [blobs] = await Promise.all([openBlobs(config), prepareIntake()]);
  return { blobs, staging: new Staging(config.stagingDir) };
};
