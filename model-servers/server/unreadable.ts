import { AssayError } from '@assay/domain/errors';
import type { ServiceDefinition } from '@grpc/grpc-js';

/** Stands for a message whose bytes are no such message: grpc-js itself would call that an internal error. */
class Unreadable {
  readonly error: AssayError;

  constructor(cause: unknown) {
    this.error = unreadable(cause);
  }
}

/** REQUEST_INVALID, for what a decoder threw. */
export function unreadable(cause: unknown): AssayError {
  const text = `Cannot read the request: its bytes are not this message (${(cause as Error).message})`;
  return new AssayError('REQUEST_INVALID', text, { cause, field: 'message' });
}

/** A service whose handlers get to see what cannot be read, by `assertReadable`. */
export function readable<S extends ServiceDefinition>(service: S): S {
  const methods = Object.entries(service).map(([name, method]) => {
    const requestDeserialize = (bytes: Buffer): unknown => {
      try {
        return method.requestDeserialize(bytes);
      } catch (cause) {
        return new Unreadable(cause);
      }
    };
    return [name, { ...method, requestDeserialize }] as const;
  });
  return Object.fromEntries(methods) as unknown as S;
}

/** Throws REQUEST_INVALID. */
export function assertReadable(request: unknown): void {
  if (request instanceof Unreadable) throw request.error;
}
