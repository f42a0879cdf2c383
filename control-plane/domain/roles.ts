import { AssayError } from './errors.ts';

export const ROLES = [
  'data-scientist',
  'product-owner',
  'serving-client',
  'auditor',
  'admin',
  'service',
] as const;
export type Role = (typeof ROLES)[number];

export interface Identity {
  readonly subject: string;
  readonly role: Role;
}

/** What a role may do (design.md, "Roles"). `service` is Assay's own processes. */
const MAY = {
  'release.request': ['data-scientist', 'admin', 'service'],
  'release.approve': ['data-scientist', 'product-owner', 'admin'],
  'release.abort': ['data-scientist', 'product-owner', 'admin', 'service'],
  'model.train': ['data-scientist', 'admin', 'service'],
  'model.train-for-others': ['admin', 'service'],
  'experiment.draft': ['data-scientist', 'product-owner', 'admin'],
  'experiment.run': ['product-owner', 'admin', 'service'],
  'endpoint.configure': ['admin', 'service'],
  'quarantine.release': ['admin'],
  predict: ['serving-client', 'admin', 'service'],
  'audit.read': ['auditor', 'admin', 'service'],
  read: ['data-scientist', 'product-owner', 'auditor', 'admin', 'service'],
} as const satisfies Record<string, readonly Role[]>;

export type Right = keyof typeof MAY;

export const may = (role: Role, right: Right): boolean => (MAY[right] as readonly Role[]).includes(role);

/** Throws PERMISSION_DENIED naming who may. */
export function assertMay(identity: Identity, right: Right): void {
  if (!may(identity.role, right)) {
    throw new AssayError(
      'PERMISSION_DENIED',
      `"${identity.subject}" (${identity.role}) may not ${right}: ${MAY[right].join(', ')} may`,
    );
  }
}

/** Four eyes: who made or edited a version cannot approve it. Throws APPROVAL_REFUSED. */
export function assertFourEyes(identity: Identity, authors: readonly string[], what: string): void {
  if (authors.includes(identity.subject)) {
    throw new AssayError(
      'APPROVAL_REFUSED',
      `"${identity.subject}" cannot approve ${what}: they made or edited it`,
    );
  }
}
