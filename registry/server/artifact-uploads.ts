import {
  abortUpload,
  completeUpload,
  createUpload,
  describeUpload,
  putPart,
} from '@assay/registry-store/artifacts-uploads';
import type { Input } from '@assay/registry-store/input';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { bytesOf } from './artifact-body.ts';
import type { ArtifactScope } from './artifact-bytes.ts';
import { jsonOf } from './artifact-json.ts';

const BASE = '/api/2.0/mlflow-artifacts/mpu';
const TOKEN_HEADER = 'x-assay-upload-token';

const originOf = (request: FastifyRequest): string => {
  const secure = request.protocol === 'https' || request.headers['x-forwarded-proto'] === 'https';
  return `${secure ? 'https' : 'http'}://${request.host}`;
};
const folderOf = (request: FastifyRequest) => (request.params as { '*'?: string })['*'] ?? '';

/** Multipart uploads as MLflow's client does them: it sends each part to the URL, with the headers, that `create` answers. */
export const uploadRoutes = (app: FastifyInstance, { contextOf, pool, artifacts }: ArtifactScope): void => {
  app.post(`${BASE}/create/*`, async (request) => {
    const context = contextOf(request, true);
    const { id, token, parts } = await createUpload(context, folderOf(request), await jsonOf(request));
    const credentials = Array.from({ length: parts }, (_, i) => ({
      url: `${originOf(request)}${BASE}/part/${id}/${i + 1}`,
      part_number: i + 1,
      headers: { [TOKEN_HEADER]: token },
    }));
    return { upload_id: id, credentials };
  });
  // MLflow's client sends parts without its own credentials, as it would to an object store: the header is the right to send
  app.put(`${BASE}/part/:id/:part`, { bodyLimit: Number.MAX_SAFE_INTEGER }, async (request, reply) => {
    const { id, part } = request.params as { id: string; part: string };
    const token = String(request.headers[TOKEN_HEADER] ?? '');
    const sent = { id, part: Number(part), token };
    const etag = await putPart({ pool, artifacts }, sent, bytesOf(request), Date.now);
    return reply.header('ETag', `"${etag}"`).send({});
  });
  for (const [name, operation] of [
    ['complete', completeUpload],
    ['abort', abortUpload],
  ] as const) {
    app.post(`${BASE}/${name}/*`, async (request) =>
      operation(contextOf(request, true), folderOf(request), await jsonOf(request)),
    );
  }
  app.get('/api/assay/v1/uploads/:id', (request) =>
    describeUpload(contextOf(request, false), request.params as Input),
  );
};
