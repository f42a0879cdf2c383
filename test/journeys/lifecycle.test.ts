import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { DemoResult } from '@assay/cli/demo/plan';
import type { AuditEntry } from '@assay/domain/audit';
import { verifyChain } from '@assay/domain/audit';
import type { EndpointView, ReleaseView } from '@assay/domain/read-models';
import type { Release } from '@assay/domain/release';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assay, type CommandResult, TestAssay } from '../plane/assay.ts';
import { until } from '../plane/until.ts';

const DEMO_TIMEOUT_MS = 15 * 60_000;

/** Decision ids of every prediction that a client got an answer to. */
const answered = (state: string): readonly string[] =>
  readdirSync(join(state, 'demo'))
    .filter((f) => f.endsWith('.log'))
    .flatMap((f) =>
      readFileSync(join(state, 'demo', f), 'utf8')
        .split('\n')
        .filter(Boolean),
    );

describe('five families, with processes killed on the way', () => {
  let plane: TestAssay;
  let demo: CommandResult;
  let result: DemoResult;
  const killed: string[] = [];

  /** Waits until releases have got somewhere, then kills one process after the other while the demo goes on. */
  async function killOnTheWay(): Promise<void> {
    const inCanary = async (): Promise<boolean> => {
      const { body } = await plane.api<Release[]>('/releases').catch(() => ({ body: [] as Release[] }));
      return (
        Array.isArray(body) && body.some((r) => r.state.kind === 'canary' || r.state.kind === 'experimenting')
      );
    };
    for (const name of ['worker', 'model-server-1', 'control-plane']) {
      await until('a candidate gets traffic', inCanary, DEMO_TIMEOUT_MS);
      plane.kill(name);
      killed.push(name);
      await until(
        `${name} runs again`,
        () => plane.processes.some((p) => p.name === name && p.restarts === 1 && p.state === 'running'),
        60_000,
      );
      await delay(2_000);
    }
  }

  beforeAll(async () => {
    plane = await TestAssay.start();
    const running = assay(['demo', '--json', '--state', plane.state], { timeoutMs: DEMO_TIMEOUT_MS });
    await Promise.race([killOnTheWay(), running]);
    demo = await running;
    if (!demo.stdout.trim().startsWith('{'))
      throw new Error(`the demo printed no result: ${demo.stderr.slice(-3_000)}`);
    result = JSON.parse(demo.stdout) as DemoResult;
  }, DEMO_TIMEOUT_MS);

  afterAll(async () => {
    await plane?.[Symbol.asyncDispose]();
  });

  test('worker, a model server and the control plane were killed', () => {
    expect(killed).toEqual(['worker', 'model-server-1', 'control-plane']);
  });

  test('every line ended as expected', async () => {
    const record = async ({ model, version }: { model: string; version: string }) =>
      (await plane.api<ReleaseView>(`/releases/${model}/${version}`)).body.record;
    const others = result.lines.filter((l) => !l.ok);
    const whys = others.map(async (l) => ({
      ...l,
      why: (await record(l)).map((e) => `${e.event}: ${e.reason}`),
    }));
    expect(await Promise.all(whys)).toEqual([]);
    expect(result.lines.map((l) => l.case).sort()).toEqual(
      [...Array(5).fill('good'), ...Array(5).fill('harmful'), 'drift'].sort(),
    );
    expect(demo.code).toBe(0);
  });

  test('no answer that a customer saw broke a guardrail', () => {
    expect(result.answered).toBeGreaterThan(5_000);
    expect(result.violations).toBe(0);
  });

  test('no answered prediction is missing from the evidence, and none is there twice', async () => {
    const { stdout, code } = await assay(['evidence', 'cat', join(plane.state, 'evidence')], {
      timeoutMs: 300_000,
    });
    expect(code).toBe(0);
    const served = new Map<string, number>();
    for (const line of stdout.split('\n').filter(Boolean)) {
      const record = JSON.parse(line) as { kind?: string; role?: string; decision_id?: string };
      if (record.role !== 'served' || record.decision_id === undefined) continue;
      served.set(record.decision_id, (served.get(record.decision_id) ?? 0) + 1);
    }
    const ids = answered(plane.state);
    expect(ids.length).toBeGreaterThan(5_000);
    expect(ids.filter((id) => served.get(id) !== 1)).toEqual([]);
  }, 400_000);

  test('each decision has a record that starts with the request and ends with the end', async () => {
    for (const line of result.lines) {
      const { body } = await plane.api<ReleaseView>(`/releases/${line.model}/${line.version}`);
      expect(body.record.length).toBeGreaterThan(2);
      expect(body.record[0]?.event).toBe('release.requested');
      expect(body.record.every((e: AuditEntry) => e.decision === line.decision)).toBe(true);
      expect(body.release.state.kind).toBe(line.end);
    }
  });

  test('the audit chain holds, as the command line sees it and as anyone recomputes it', async () => {
    const { code, stdout } = await assay(['audit', 'verify', '--json', '--state', plane.state]);
    expect(code).toBe(0);
    const { entries } = JSON.parse(stdout) as { entries: number };
    expect(entries).toBeGreaterThan(50);
    const line = result.lines[0];
    const { body } = await plane.api<AuditEntry[]>(`/decisions/${encodeURIComponent(line?.decision ?? '')}`);
    for (const e of body) expect(verifyChain([e], e.previousHash)).toBeUndefined();
  });

  test(
    'a second start on the same folder goes on where it was',
    async () => {
      const before = (await plane.api<EndpointView[]>('/endpoints')).body.map((e) => [
        e.name,
        e.route?.champion.version,
      ]);
      await plane.stop();
      expect(existsSync(join(plane.state, 'endpoints.json'))).toBe(false);
      await using again = await TestAssay.start({ state: plane.state });
      const after = (await again.api<EndpointView[]>('/endpoints')).body.map((e) => [
        e.name,
        e.route?.champion.version,
      ]);
      expect(after).toEqual(before);
      const { code, stdout } = await assay(['demo', '--json', '--state', plane.state], {
        timeoutMs: DEMO_TIMEOUT_MS,
      });
      expect(code).toBe(0);
      expect((JSON.parse(stdout) as DemoResult).lines.map((l) => l.decision)).toEqual(
        result.lines.map((l) => l.decision),
      );
    },
    DEMO_TIMEOUT_MS,
  );
});
