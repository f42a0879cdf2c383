import { createHash } from 'node:crypto';
import type { Caller } from '@assay/registry-store/context';
import { RegistryFault } from '@assay/registry-store/faults';
import type { Config } from './config.ts';

const ANONYMOUS: Caller = { subject: 'anonymous', role: 'data-scientist' };
const digest = (token: string) => createHash('sha256').update(token).digest('hex');

/** Bearer, or Basic with the token as password. A bad token is never taken for none. */
export const authenticator = ({ tokens, auth }: Pick<Config, 'tokens' | 'auth'>) => {
  // Looked up by digest, so that the time taken tells nothing about the token
  const callers = new Map([...tokens].map(([token, caller]) => [digest(token), caller]));
  return (header: string | undefined): Caller => {
    if (header === undefined && auth === 'open') return ANONYMOUS;
    const [scheme = '', credential = ''] = (header ?? '').split(' ');
    const basic = scheme.toLowerCase() === 'basic' ? Buffer.from(credential, 'base64').toString() : undefined;
    const token = basic === undefined ? credential : basic.slice(basic.indexOf(':') + 1);
    const caller = ['basic', 'bearer'].includes(scheme.toLowerCase())
      ? callers.get(digest(token))
      : undefined;
    if (caller === undefined)
      throw new RegistryFault(
        'UNAUTHENTICATED',
        'Cannot authenticate the request: send a valid token as "Authorization: Bearer <token>", or set MLFLOW_TRACKING_TOKEN',
      );
    return caller;
  };
};

/** Who only asks for predictions, or audits, may read but not write here. */
export const requireWriter = (caller: Caller): void => {
  if (caller.role !== 'serving-client' && caller.role !== 'auditor') return;
  throw new RegistryFault(
    'PERMISSION_DENIED',
    `Cannot write to the registry: role "${caller.role}" may only read. Ask a data scientist`,
  );
};
