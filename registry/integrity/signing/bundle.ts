import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { AssayError } from '@assay/domain/errors';
import { PAYLOAD_TYPE } from './statement.ts';

/** https://docs.sigstore.dev/about/bundle/ */
const MEDIA_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';

interface Bundle {
  readonly mediaType?: unknown;
  readonly verificationMaterial?: { readonly publicKey?: { readonly hint?: unknown } };
  readonly dsseEnvelope?: {
    readonly payload?: unknown;
    readonly payloadType?: unknown;
    readonly signatures?: readonly { readonly sig?: unknown }[];
  };
}

/** Pre-authentication encoding of DSSE (https://github.com/secure-systems-lab/dsse/blob/v1.0.0/protocol.md). */
const pae = (payload: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} ${payload.length} `), payload]);

/** SHA-256 of the public key's PEM, in hex: how a bundle names the key that fits. */
const hintOf = (key: KeyObject): string => {
  const open = key.type === 'public' ? key : createPublicKey(key);
  return createHash('sha256')
    .update(open.export({ type: 'spki', format: 'pem' }))
    .digest('hex');
};

/** Reads an EC P-256 key in PEM. Throws KEY_INVALID. */
export function readKey(pem: string, kind: 'private' | 'public'): KeyObject {
  let key: KeyObject;
  try {
    key = kind === 'private' ? createPrivateKey(pem) : createPublicKey(pem);
  } catch (cause) {
    throw new AssayError('KEY_INVALID', `Cannot use the ${kind} key: ${(cause as Error).message}`, { cause });
  }
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (key.asymmetricKeyType !== 'ec' || curve !== 'prime256v1')
    throw new AssayError(
      'KEY_INVALID',
      `Cannot use the ${kind} key: it is ${key.asymmetricKeyType} ${curve ?? ''}, not EC P-256`,
    );
  return key;
}

export function bundleOf(statement: string, key: KeyObject): string {
  const payload = Buffer.from(statement);
  const signature = sign('sha256', pae(payload), { key, dsaEncoding: 'der' });
  return JSON.stringify({
    mediaType: MEDIA_TYPE,
    verificationMaterial: { publicKey: { hint: hintOf(key) }, tlogEntries: [] },
    dsseEnvelope: {
      payload: payload.toString('base64'),
      payloadType: PAYLOAD_TYPE,
      signatures: [{ sig: signature.toString('base64'), keyid: '' }],
    },
  });
}

const bad = (text: string, cause?: unknown): AssayError =>
  new AssayError('SIGNATURE_INVALID', `Cannot verify the model: ${text}`, { cause });

/** The statement that the key has signed. Throws SIGNATURE_INVALID. */
export function openBundle(text: string, key: KeyObject): string {
  const { mediaType, verificationMaterial, dsseEnvelope } = parsed(text);
  if (mediaType !== MEDIA_TYPE) throw bad(`the signature is ${JSON.stringify(mediaType)}, not ${MEDIA_TYPE}`);
  const { payload, payloadType, signatures = [] } = dsseEnvelope ?? {};
  if (payloadType !== PAYLOAD_TYPE)
    throw bad(`its payload is ${JSON.stringify(payloadType)}, not ${PAYLOAD_TYPE}`);
  const [only, ...others] = signatures;
  if (only === undefined || others.length > 0) throw bad(`it has ${signatures.length} signatures, not one`);
  const hint = verificationMaterial?.publicKey?.hint;
  if (hint !== hintOf(key))
    throw bad(`it was made with key ${String(hint)}, the given one is ${hintOf(key)}`);
  const statement = Buffer.from(String(payload), 'base64');
  const signature = Buffer.from(String(only.sig), 'base64');
  if (!verify('sha256', pae(statement), { key, dsaEncoding: 'der' }, signature))
    throw bad('the signature does not fit its statement');
  return statement.toString('utf8');
}

function parsed(text: string): Bundle {
  try {
    return Object(JSON.parse(text)) as Bundle;
  } catch (cause) {
    throw bad('the signature file is no JSON', cause);
  }
}
