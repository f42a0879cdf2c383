import { AssayError } from '../errors.ts';
import { FAMILY_NAMES, type Family } from '../families/family.ts';

/** `if-present`: what is unsigned passes, what is signed must be signed well. */
export const SIGNING_MODES = ['required', 'if-present', 'off'] as const;
export type SigningMode = (typeof SIGNING_MODES)[number];

/** Which versions need a signature, and whose. */
export interface SigningPolicy {
  /** For every version whose family says nothing else. */
  readonly mode: SigningMode;
  readonly families: Readonly<Partial<Record<Family, SigningMode>>>;
  /** Name of the signer → file of the public key (PEM), relative to the policy's own. */
  readonly keys: Readonly<Record<string, string>>;
}

export const NO_SIGNING: SigningPolicy = { mode: 'off', families: {}, keys: {} };

/** Tag of a version that holds its signature; where there is none, the file of that name beside the model does. */
export const SIGNATURE_TAG = 'assay.signature';
export const SIGNATURE_FILE = 'model.sig';

/** What became of a version's signature under the policy. */
export interface SignatureFinding {
  readonly mode: SigningMode;
  readonly status: 'verified' | 'unsigned' | 'refused' | 'off';
  /** Name of the trusted key that signed; null where none did. */
  readonly signer: string | null;
  readonly source: 'tag' | 'file' | null;
  /** What was found. */
  readonly value: string;
  /** Digest of policy and keys: another one asks anew. */
  readonly policy: string | null;
}

export const modeFor = (policy: SigningPolicy, family: string | null): SigningMode =>
  policy.families[family as Family] ?? policy.mode;

const bad = (field: string, text: string): AssayError =>
  new AssayError('POLICY_INVALID', `Cannot use the signing policy: ${text}`, { field });

type Fields = Readonly<Record<string, unknown>>;
const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `{"mode", "families", "keys"}`, each of them optional. Throws POLICY_INVALID, also where something is asked and no key is trusted. */
export function parseSigningPolicy(text: string): SigningPolicy {
  const given = parsed(text);
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(NO_SIGNING, name));
  if (unknown !== undefined) throw bad(unknown, `"${unknown}" is no field of it`);
  const { mode = 'off', families = {}, keys = {} } = given;
  if (!isRecord(families)) throw bad('families', '"families" must map a family to a mode');
  if (!isRecord(keys)) throw bad('keys', '"keys" must map a signer to the file of a public key');
  const stated: Partial<Record<Family, SigningMode>> = {};
  for (const [name, value] of Object.entries(families)) {
    const family = FAMILY_NAMES.find((f) => f === name);
    if (family === undefined) throw bad('families', `there is no family "${name}"`);
    stated[family] = modeOf(`families.${name}`, value);
  }
  const files: Record<string, string> = {};
  for (const [name, file] of Object.entries(keys)) {
    if (typeof file !== 'string' || file === '') throw bad(`keys.${name}`, `key "${name}" names no file`);
    files[name] = file;
  }
  const policy = { mode: modeOf('mode', mode), families: stated, keys: files };
  const asks = [policy.mode, ...Object.values(stated)].some((m) => m !== 'off');
  if (asks && Object.keys(files).length === 0)
    throw bad('keys', 'it asks for signatures and trusts no key, so that nothing could ever be released');
  return policy;
}

function parsed(text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new AssayError('POLICY_INVALID', 'Cannot use the signing policy: it is no JSON', { cause });
  }
  if (!isRecord(value)) throw bad('', 'it is no JSON object');
  return value;
}

function modeOf(field: string, value: unknown): SigningMode {
  const mode = SIGNING_MODES.find((m) => m === value);
  if (mode === undefined)
    throw bad(field, `"${field}" must be one of ${SIGNING_MODES.join(', ')}, not ${JSON.stringify(value)}`);
  return mode;
}
