import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { AssayError } from '@assay/domain/errors';
import { parseExact } from '@assay/domain/exact-json';

const inflaters = { gzip: promisify(gunzip), deflate: promisify(inflate) };

const refuse = (text: string, field: string, cause?: unknown): AssayError =>
  new AssayError('REQUEST_INVALID', `Cannot read the request: ${text}`, { field, cause });

/** The body as it was before Content-Encoding. Throws MESSAGE_TOO_LARGE when it unfolds past the limit, REQUEST_INVALID. */
export async function decoded(body: Buffer, encoding: string | undefined, limit: number): Promise<Buffer> {
  if (encoding === undefined || encoding === 'identity') return body;
  if (encoding !== 'gzip' && encoding !== 'deflate')
    throw refuse(`the encoding "${encoding}" is none of gzip, deflate, identity`, 'Content-Encoding');
  try {
    return await inflaters[encoding](body, { maxOutputLength: limit });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw new AssayError('MESSAGE_TOO_LARGE', `Cannot read the request: it unfolds to over ${limit} bytes`);
    throw refuse(`the body is no ${encoding}: ${(cause as Error).message}`, 'Content-Encoding', cause);
  }
}

/** JSON with integers exact past 2^53. Throws REQUEST_INVALID. */
export function jsonOf(body: unknown): unknown {
  if (!Buffer.isBuffer(body)) throw refuse('it has no body', 'body');
  try {
    return parseExact(body.toString());
  } catch (cause) {
    throw refuse(`the body is no JSON: ${(cause as Error).message}`, 'body', cause);
  }
}

export interface Parts {
  readonly json: unknown;
  /** Bytes of the inputs with `binary_data_size`, in their order. */
  readonly binary: Buffer;
}

const NOTHING = Buffer.alloc(0);

/** JSON, and behind it the binary data, where the header says how long the JSON is. Throws REQUEST_INVALID. */
export function partsOf(body: unknown, headerLength: string | string[] | undefined): Parts {
  if (headerLength === undefined || !Buffer.isBuffer(body)) return { json: jsonOf(body), binary: NOTHING };
  const length = typeof headerLength === 'string' && /^\d{1,10}$/.test(headerLength) ? +headerLength : -1;
  if (length < 1 || length > body.length)
    throw refuse(
      `the header says "${String(headerLength)}" bytes of JSON, the body has ${body.length} bytes`,
      'Inference-Header-Content-Length',
    );
  return { json: jsonOf(body.subarray(0, length)), binary: body.subarray(length) };
}
