import { createHash } from 'node:crypto';
import { AssayError } from '@assay/domain/errors';

/** https://github.com/sigstore/model-transparency (model_signing 1.1): in-toto statement over the digests of a folder. */
export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
export const PREDICATE_TYPE = 'https://model_signing/signature/v1.0';
export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

export interface Resource {
  /** Relative, with forward slashes. */
  readonly name: string;
  readonly algorithm: 'sha256';
  readonly digest: string;
}

export interface Manifest {
  readonly model: string;
  readonly resources: readonly Resource[];
  /** Not looked at, relative to the folder: the signature itself, say. */
  readonly ignored: readonly string[];
}

/** By path components, as Python sorts paths: the root digest is over the digests in this order. */
export function byPath(a: Resource, b: Resource): number {
  const [left, right] = [a.name.split('/'), b.name.split('/')];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const [l = '', r = ''] = [left[i], right[i]];
    if (l !== r) return Buffer.compare(Buffer.from(l), Buffer.from(r));
  }
  return left.length - right.length;
}

const rootOf = (resources: readonly Resource[]): string => {
  const hash = createHash('sha256');
  for (const { digest } of resources) hash.update(Buffer.from(digest, 'hex'));
  return hash.digest('hex');
};

export function statementOf({ model, resources, ignored }: Manifest): string {
  const sorted = [...resources].sort(byPath);
  return JSON.stringify({
    _type: STATEMENT_TYPE,
    subject: [{ name: model, digest: { sha256: rootOf(sorted) } }],
    predicateType: PREDICATE_TYPE,
    predicate: {
      serialization: { method: 'files', hash_type: 'sha256', allow_symlinks: false, ignore_paths: ignored },
      resources: sorted,
    },
  });
}

const bad = (text: string): AssayError =>
  new AssayError('SIGNATURE_INVALID', `Cannot verify the model: ${text}`);

interface Parsed {
  readonly _type?: unknown;
  readonly predicateType?: unknown;
  readonly subject?: readonly { readonly name?: unknown; readonly digest?: { readonly sha256?: unknown } }[];
  readonly predicate?: {
    readonly serialization?: Readonly<Record<string, unknown>>;
    readonly resources?: readonly Partial<Resource>[];
  };
}

/** Throws SIGNATURE_INVALID for whatever is no statement of this kind, or contradicts itself. */
export function parseStatement(text: string): Manifest {
  const { _type, predicateType, subject = [], predicate = {} } = parsed(text);
  if (_type !== STATEMENT_TYPE) throw bad(`its statement is ${JSON.stringify(_type)}, not ${STATEMENT_TYPE}`);
  if (predicateType !== PREDICATE_TYPE)
    throw bad(`its predicate is ${JSON.stringify(predicateType)}, not ${PREDICATE_TYPE}`);
  const { method, hash_type: hash, ignore_paths: ignored = [] } = predicate.serialization ?? {};
  if (method !== 'files' || hash !== 'sha256')
    throw bad(`it is serialised by ${String(method)} with ${String(hash)}; only files with sha256 are read`);
  const resources = resourcesOf(predicate.resources);
  const [only, ...others] = subject;
  if (only === undefined || others.length > 0) throw bad(`it names ${subject.length} models, not one`);
  const root = rootOf(resources);
  if (only.digest?.sha256 !== root)
    throw bad(`its root digest is ${String(only.digest?.sha256)}, its files give ${root}`);
  if (!Array.isArray(ignored) || !ignored.every((p): p is string => typeof p === 'string'))
    throw bad('its ignored paths are no list of texts');
  return { model: String(only.name), resources, ignored };
}

function parsed(text: string): Parsed {
  try {
    return Object(JSON.parse(text)) as Parsed;
  } catch (cause) {
    throw new AssayError('SIGNATURE_INVALID', 'Cannot verify the model: its statement is no JSON', { cause });
  }
}

function resourcesOf(list: readonly Partial<Resource>[] | undefined): Resource[] {
  if (!Array.isArray(list) || list.length === 0) throw bad('it lists no files');
  const seen = new Set<string>();
  return list.map(({ name, algorithm, digest }: Partial<Resource>) => {
    if (typeof name !== 'string' || algorithm !== 'sha256' || !/^[0-9a-f]{64}$/.test(String(digest)))
      throw bad(`it lists a file without a name and a SHA-256: ${JSON.stringify({ name, algorithm })}`);
    if (seen.has(name)) throw bad(`it lists ${JSON.stringify(name)} twice`);
    seen.add(name);
    return { name, algorithm, digest: String(digest) };
  });
}
