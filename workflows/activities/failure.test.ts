import { AssayError, ERRORS, type ErrorCode } from '@assay/domain/errors';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { expect, test } from 'vitest';
import { toFailure } from './failure.ts';

const PASSING = ['UNREACHABLE', 'EVIDENCE_UNREADABLE', 'PROCESS_UNHEALTHY'];
const codes = (Object.keys(ERRORS) as ErrorCode[]).filter((code) => code !== 'TRAINER_CANCELLED');

test.for(codes)('%s keeps its code and message, and is final unless it passes by itself', (code) => {
  const failure = toFailure(new AssayError(code, 'Cannot do it'));
  expect(failure).toBeInstanceOf(ApplicationFailure);
  expect(failure).toMatchObject({
    type: code,
    message: 'Cannot do it',
    nonRetryable: !PASSING.includes(code),
  });
});

test('a cancelled training is a cancellation, not a failure', () => {
  expect(toFailure(new AssayError('TRAINER_CANCELLED', 'stopped'))).toBeInstanceOf(CancelledFailure);
});

test("what is not ours stays as it is, and Temporal's default retries it", () => {
  const lost = new Error('connect ECONNREFUSED');
  expect(toFailure(lost)).toBe(lost);
});

test('our own bug is final', () => {
  expect(toFailure(new TypeError('x is undefined'))).toMatchObject({ type: 'INTERNAL', nonRetryable: true });
});
