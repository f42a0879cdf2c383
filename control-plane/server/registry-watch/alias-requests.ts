import { RELEASE_TAG, releaseTag } from '@assay/domain/alias-request';
import { AssayError } from '@assay/domain/errors';
import type { RegistryLedger, StoredAliasRequest } from '@assay/domain/ports/registry-ledger';
import { releaseId } from '@assay/domain/release';
import { type Identity, ROLES } from '@assay/domain/roles';
import type { Deps } from '../deps.ts';
import { requestRelease } from '../use-cases/request-release.ts';
import { said } from '../use-cases/statement.ts';

type RequestDeps = Pick<Deps, 'store' | 'workflows' | 'registry'> & { readonly ledger: RegistryLedger };

/**
 * Carries out what data scientists asked by moving an alias: at least once, harmless twice (one release id, audit keys). What
 * cannot be reached now is tried again at the next look; throws the first such error when all have been tried.
 */
export async function carryOutRequests(deps: RequestDeps): Promise<void> {
  const failures: unknown[] = [];
  for (const request of await deps.ledger.waiting()) {
    try {
      await carryOut(deps, request);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

async function carryOut(deps: RequestDeps, request: StoredAliasRequest): Promise<void> {
  const { model, version, endpoint, snapshotDir } = request;
  try {
    await note(
      deps,
      request,
      'release.asked-by-alias',
      `moved alias "${request.alias}" to version ${version}`,
    );
    await requestRelease(deps, identityOf(request), { model, version, endpoint, snapshotDir });
    await deps.ledger.answer(request.id, 'opened', releaseId(model, version));
  } catch (error) {
    const isPassing =
      !(error instanceof AssayError) || error.status === 'UNAVAILABLE' || error.status === 'INTERNAL';
    if (isPassing) throw error;
    await refuse(deps, request, error);
  }
}

/** The world changed between the registry's answer and now: the tag says so, and the record too. */
async function refuse(deps: RequestDeps, request: StoredAliasRequest, error: AssayError): Promise<void> {
  const { model, version } = request;
  const text = `${error.message} (${error.code}). ${error.remedy}`;
  const tag = releaseTag(model, version, `refused: ${text}`);
  await deps.registry?.setVersionTag(model, version, RELEASE_TAG, tag).catch((cause: unknown) => {
    // A version that is gone needs no tag
    if (!(cause instanceof AssayError && cause.code === 'NOT_FOUND')) throw cause;
  });
  await note(deps, request, 'alias.refused', text);
  await deps.ledger.answer(request.id, 'refused', text);
}

async function note(
  { store }: RequestDeps,
  request: StoredAliasRequest,
  event: string,
  reason: string,
): Promise<void> {
  const { id, model, alias, version, endpoint, atMs } = request;
  const evidence = { request: id, alias, version, endpoint, askedAtMs: atMs };
  await store.commit({
    key: `alias-request/${id}/${event}`,
    statement: said(identityOf(request), `alias/${model}/${alias}`, event, reason, evidence),
    changes: [],
    by: 'person',
  });
}

const identityOf = ({ by, role }: StoredAliasRequest): Identity => ({
  subject: by,
  role: ROLES.find((r) => r === role) ?? 'serving-client',
});
