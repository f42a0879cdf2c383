import { AssayError, ERRORS, HTTP_STATUS } from '@assay/domain/errors';
import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { answerProblem } from './problem.ts';

const answered = async (error: Error) => {
  const app = Fastify();
  app.setErrorHandler(answerProblem);
  app.get('/x', () => {
    throw error;
  });
  const reply = await app.inject('/x');
  return { status: reply.statusCode, type: String(reply.headers['content-type']), body: reply.json() };
};

test('what goes wrong inside shows no detail outside', async () => {
  const { status, type, body } = await answered(new Error('password=secret'));
  expect([status, body.code, body.remedy]).toEqual([500, 'INTERNAL', ERRORS.INTERNAL.remedy]);
  expect(type).toContain('application/problem+json');
  expect(JSON.stringify(body)).not.toContain('secret');
});

test.for(Object.keys(ERRORS) as (keyof typeof ERRORS)[])(
  '%s has its status, its remedy and its words',
  async (code) => {
    const { status, body } = await answered(new AssayError(code, 'Cannot do it: because', { field: 'f' }));
    expect(status).toBe(HTTP_STATUS[ERRORS[code].status]);
    expect(body).toMatchObject({
      ...{ type: `urn:assay:error:${code}`, status, code, field: 'f' },
      ...{ detail: 'Cannot do it: because', remedy: ERRORS[code].remedy },
    });
    expect(body.instance).not.toBe('');
  },
);
