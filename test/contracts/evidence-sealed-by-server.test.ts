import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckdbEvidenceSource } from '@assay/adapters/duckdb/evidence-source';
import { sealSegment } from '@assay/model-servers/evidence/seal';
import { Wal } from '@assay/model-servers/evidence/wal';
import { EvidenceRecord, OutcomeRecord, PredictionRecord } from '@assay/proto/gen/events/evidence_record';
import { expect, test } from 'vitest';

/** One whose complement is not what it looks like in decimals: 1 − 0.1 and 0.9 must be one number on both sides. */
const WEIGHT = 0.1;

const predicted = (id: string, arm: string, demand: number, extra: object = {}): EvidenceRecord => ({
  record: {
    $case: 'prediction',
    value: PredictionRecord.fromPartial({
      decisionId: id,
      role: 'served',
      atMs: 1_795_500_000_000n,
      endpoint: 'e',
      family: 'forecasting',
      unitKey: `unit of ${id}`,
      model: 'm',
      version: '1',
      arm,
      rollout: 'r',
      status: 'OK',
      latencyUs: 10n,
      features: [demand, 2],
      served: { demand },
      ...extra,
    }),
  },
});
const told = (id: string, cost: number): EvidenceRecord => ({
  record: {
    $case: 'outcome',
    value: OutcomeRecord.fromPartial({
      outcomeId: `o-${id}`,
      endpoint: 'e',
      decisionId: id,
      occurredAtMs: 1_795_500_000_100n,
      receivedAtMs: 1_795_500_000_200n,
      metrics: { stock_cost: cost },
      labels: { demand: 10 },
      period: 3n,
    }),
  },
});

test('what a model server appends and seals is what the control plane reads', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'assay-sealed-'));
  await using source = await DuckdbEvidenceSource.open({ evidenceDir: dir });
  try {
    const closed: string[] = [];
    const wal = new Wal({
      evidenceDir: dir,
      server: 'server-0',
      sealAfterMs: 60_000,
      onClosed: (segment) => closed.push(segment),
    });
    const records = [
      predicted('d1', 'champion', 8, { propensity: 1 - WEIGHT }),
      predicted('d2', 'canary', 12, { propensity: WEIGHT }),
      predicted('d1', 'shadow', 5, { role: 'shadow', version: '2', rollout: '' }),
      told('d1', 0.5),
      told('d2', 0.25),
    ];
    for (const record of records)
      wal.append(EvidenceRecord.encode(record).finish(), 'before-reply', () => undefined);
    await wal.close();
    const look = () => source.arms({ endpoint: 'e', rollout: 'r', metrics: ['stock_cost'], sinceMs: 0 });
    expect(await look(), 'not sealed yet').toEqual({ arms: {}, assigned: {} });
    expect(closed).toHaveLength(1);
    for (const segment of closed) sealSegment(dir, segment);
    expect(await look()).toEqual({
      assigned: { champion: 1, canary: 1 },
      arms: {
        champion: { stock_cost: { n: 1, mean: 0.5, variance: 0 } },
        canary: { stock_cost: { n: 1, mean: 0.25, variance: 0 } },
      },
    });
    const atWeight = (weight: number) =>
      source.arms({ endpoint: 'e', rollout: 'r', weight, metrics: [], sinceMs: 0 });
    expect((await atWeight(WEIGHT)).assigned, 'units that this weight assigned').toEqual({
      champion: 1,
      canary: 1,
    });
    expect((await atWeight(0.5)).assigned).toEqual({});
    const shadow = await source.shadow({
      endpoint: 'e',
      family: 'forecasting',
      model: 'm',
      version: '2',
      sinceMs: 0,
    });
    expect(shadow).toMatchObject({
      rows: 1,
      difference: { demand: 3 },
      checks: { relative_bias: { value: -0.5, rows: 1 } },
    });
    const panel = await source.panel({ endpoint: 'e', experiment: 'x', metric: 'stock_cost', fromPeriod: 0 });
    expect(panel).toMatchObject({
      units: ['unit of d1', 'unit of d2'],
      periods: [3],
      values: [[0.5], [0.25]],
    });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
