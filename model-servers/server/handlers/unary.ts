import type { handleUnaryCall, Metadata } from '@grpc/grpc-js';
import { assertMayPredict } from '../access.ts';
import type { Access } from '../context.ts';
import { grpcError } from '../grpc-error.ts';
import type { Caller } from '../predict.ts';
import { assertReadable } from '../unreadable.ts';

export function authorizationOf(metadata: Metadata): string | undefined {
  const [value] = metadata.get('authorization');
  return value === undefined ? undefined : String(value);
}

/** A handler whose errors become statuses. */
export const unary =
  <Q, A>(answer: (request: Q) => A | Promise<A>): handleUnaryCall<Q, A> =>
  (call, callback) => {
    void (async () => {
      assertReadable(call.request);
      return answer(call.request);
    })().then(
      (value) => callback(null, value),
      (cause: unknown) => callback(grpcError(cause)),
    );
  };

/** The same for those who may predict; `deadlineMs` is Infinity when the client set none. */
export const guardedUnary =
  <Q, A>(
    access: Access,
    answer: (request: Q, deadlineMs: number, caller: Caller) => A | Promise<A>,
  ): handleUnaryCall<Q, A> =>
  (call, callback) => {
    void (async () => {
      assertMayPredict(access, authorizationOf(call.metadata));
      assertReadable(call.request);
      return answer(call.request, Number(call.getDeadline()), call);
    })().then(
      (value) => callback(null, value),
      (cause: unknown) => callback(grpcError(cause)),
    );
  };
