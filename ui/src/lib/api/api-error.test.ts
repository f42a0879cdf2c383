import { expect, test } from 'vitest';
import { problemFrom, unreachable } from './api-error.ts';

test('a problem body keeps detail, code, remedy and request id', () => {
  const error = problemFrom(403, {
    detail: '"ada" cannot approve home-ranker/2: they made it',
    code: 'APPROVAL_REFUSED',
    remedy: 'Ask someone else',
    instance: 'req-7',
  });
  expect(error).toMatchObject({
    status: 403,
    message: '"ada" cannot approve home-ranker/2: they made it',
    code: 'APPROVAL_REFUSED',
    remedy: 'Ask someone else',
    requestId: 'req-7',
    isTransient: false,
  });
});

test('a body that is no problem still says the status', () => {
  expect(problemFrom(502, '<html>').message).toContain('502');
  expect(problemFrom(502, null).isTransient).toBe(true);
});

test('no answer at all is transient and names the path', () => {
  const error = unreachable('/api/v1/endpoints', new TypeError('fetch failed'));
  expect(error.isTransient).toBe(true);
  expect(error.message).toContain('/api/v1/endpoints');
});
