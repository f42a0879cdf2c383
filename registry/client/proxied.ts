import { AssayError } from '@assay/domain/errors';
import { callAt, encodePath, type RegistryOptions, send } from './http.ts';

const PROXY = 'mlflow-artifacts:';
const FILES = '/api/2.0/mlflow-artifacts/artifacts';

export interface ProxiedFile {
  /** From the root. */
  readonly path: string;
  readonly sizeBytes: number;
}

const rootOf = (server: string, uri: string): string => {
  if (!uri.startsWith(PROXY))
    throw new AssayError(
      'ARTIFACTS_NOT_PROXIED',
      `Cannot use artifacts at "${uri}": "${server}" does not proxy them, clients would have to go to that store themselves`,
    );
  return uri.slice(PROXY.length).replace(/^\/+/, '');
};

/** Address of a file behind the server's artifact proxy. Throws ARTIFACTS_NOT_PROXIED. */
export const proxied = (server: string, uri: string, path: string): string =>
  `${FILES}/${encodePath(`${rootOf(server, uri)}/${path}`)}`;

/** Streams a body into a file behind the proxy. */
export const writeProxied = async (
  options: RegistryOptions,
  uri: string,
  path: string,
  body: ReadableStream<Uint8Array> | Blob,
): Promise<void> => {
  await send(options, 'PUT', proxied(options.baseUrl, uri, path), {
    body,
    ...(!(body instanceof Blob) && { duplex: 'half' as const }),
    headers: { 'Content-Type': 'application/octet-stream' },
  });
};

/** Bytes of a file behind the proxy. Throws NOT_FOUND. */
export const readProxied = async (
  options: RegistryOptions,
  uri: string,
  path: string,
): Promise<ReadableStream<Uint8Array>> => {
  const { body } = await send(options, 'GET', proxied(options.baseUrl, uri, path));
  return (body ?? new Blob([]).stream()) as ReadableStream<Uint8Array>;
};

/** Every file below a root. */
export const listProxied = async (
  options: RegistryOptions,
  uri: string,
  folder = '',
): Promise<ProxiedFile[]> => {
  const root = rootOf(options.baseUrl, uri);
  const query = new URLSearchParams({ path: folder === '' ? root : `${root}/${folder}` });
  // The proxy names files by their base name alone
  const { files = [] } = await callAt<{
    files?: readonly { path: string; is_dir?: boolean; file_size?: number }[];
  }>(options, 'GET', `${FILES}?${query}`);
  const found: ProxiedFile[] = [];
  for (const file of files) {
    const path = folder === '' ? file.path : `${folder}/${file.path}`;
    if (file.is_dir === true) found.push(...(await listProxied(options, uri, path)));
    else found.push({ path, sizeBytes: Number(file.file_size ?? 0) });
  }
  return found;
};
