import { type ChainFault, GENESIS_HASH, verifyChain } from '@assay/domain/audit';
import { AssayError } from '@assay/domain/errors';
import { assertMay } from '@assay/domain/roles';
import { z } from 'zod';
import type { Deps, ServerStore } from '../deps.ts';
import { said } from '../use-cases/statement.ts';
import { type Api, text } from './context.ts';

const PAGE = 1_000;

export function auditRoutes(api: Api, { store }: Deps): void {
  api.get('/decisions/:id', { schema: { params: z.object({ id: text }) } }, async ({ params, identity }) => {
    assertMay(identity, 'audit.read');
    const record = await store.auditOf(params.id);
    if (record.length === 0) throw new AssayError('NOT_FOUND', `Cannot find decision "${params.id}"`);
    await store.note(said(identity, 'audit', 'audit.read', `decision ${params.id}`));
    return record;
  });
  api.get('/audit/verify', async ({ identity }) => {
    assertMay(identity, 'audit.read');
    const found = await verify(store);
    await store.note(
      said(identity, 'audit', 'audit.verified', found.ok ? 'the chain holds' : 'the chain is broken'),
    );
    return found;
  });
}

/** Page by page, so that a long log needs no memory. */
async function verify(
  store: ServerStore,
): Promise<{ ok: boolean; entries: number; head: string; fault: ChainFault | null }> {
  let head = GENESIS_HASH;
  let entries = 0;
  for (;;) {
    const page = await store.auditAfter(entries, PAGE);
    const gap = page.findIndex((e, i) => e.sequence !== entries + i + 1);
    const fault =
      verifyChain(page, head) ?? (gap < 0 ? undefined : { sequence: entries + gap + 1, fault: 'is missing' });
    if (fault !== undefined) return { ok: false, entries: entries + page.length, head, fault };
    entries += page.length;
    head = page.at(-1)?.hash ?? head;
    if (page.length < PAGE) return { ok: true, entries, head, fault: null };
  }
}
