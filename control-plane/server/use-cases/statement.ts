import type { AuditStatement } from '@assay/domain/audit';
import type { Json } from '@assay/domain/canonical-json';
import type { Identity } from '@assay/domain/roles';

/** What a person did through the API. */
export const said = (
  by: Identity,
  decision: string,
  event: string,
  reason: string,
  evidence: Json = {},
): AuditStatement => ({ decision, event, actor: { kind: 'person', id: by.subject }, reason, evidence });
