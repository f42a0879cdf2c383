import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { AssayError } from '@assay/domain/errors';

/** PEM files. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  /** Who signs clients' certificates; with it a client without one is refused (mTLS). */
  readonly clientCa?: string | undefined;
}

export interface TlsMaterial {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca?: Buffer;
}

/** What can be given a new certificate while it listens; connections that are open keep theirs. */
export interface Renewable {
  setSecureContext(material: TlsMaterial): void;
}

const LOOK_MS = 500;

/** Throws CONFIG_INVALID when a file cannot be read or certificate and key do not belong together. */
export function readTls({ cert, key, clientCa }: TlsFiles): TlsMaterial {
  try {
    const material = {
      cert: readFileSync(cert),
      key: readFileSync(key),
      ...(clientCa !== undefined && { ca: readFileSync(clientCa) }),
    };
    createSecureContext(material);
    return material;
  } catch (cause) {
    const text = `Cannot use the TLS files "${cert}" and "${key}": ${(cause as Error).message}`;
    throw new AssayError('CONFIG_INVALID', text, { cause, field: 'ASSAY_TLS_CERT' });
  }
}

/** Reads again at every change of a file and at SIGHUP. Files that do not fit together (yet) change nothing. Returns the way to stop. */
export function renewTls(
  files: TlsFiles,
  servers: readonly Renewable[],
  done: (error: string | undefined) => void,
): () => void {
  const renew = (): void => {
    try {
      const material = readTls(files);
      for (const server of servers) server.setSecureContext(material);
      done(undefined);
    } catch (cause) {
      done((cause as Error).message);
    }
  };
  const paths = [files.cert, files.key, ...(files.clientCa === undefined ? [] : [files.clientCa])];
  for (const path of paths) watchFile(path, { interval: LOOK_MS }, renew);
  process.on('SIGHUP', renew);
  return () => {
    for (const path of paths) unwatchFile(path, renew);
    process.off('SIGHUP', renew);
  };
}
