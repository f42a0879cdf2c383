import { parseExact } from '@assay/domain/exact-json';
import { invalid } from '@assay/registry-store/faults';
import type { Input } from '@assay/registry-store/input';
import type { FastifyRequest } from 'fastify';
import { bodyOf } from './artifact-body.ts';

/** 10,000 parts with their URLs and tags fit. */
const MOST_BYTES = 8 * 1024 * 1024;

/** A few calls of the artifact scope have JSON. Malformed JSON counts as {}, as everywhere here. */
export const jsonOf = async (request: FastifyRequest): Promise<Input> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of bodyOf(request)) {
    size += (chunk as Buffer).length;
    if (size > MOST_BYTES) throw invalid(`The request is longer than ${MOST_BYTES} bytes`);
    chunks.push(chunk as Buffer);
  }
  try {
    const parsed = parseExact(Buffer.concat(chunks).toString());
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? (parsed as Input) : {};
  } catch {
    return {};
  }
};
