import { setTimeout as delay } from 'node:timers/promises';
import { DuckdbEvidenceSource } from '@assay/adapters/duckdb/evidence-source';
import { childEvaluator } from '@assay/adapters/onnx/model-evaluator';
import { PostgresControlStore } from '@assay/adapters/postgres/control-store';
import { openRegistry } from '@assay/adapters/registry/open-registry';
import { servedFiles } from '@assay/adapters/registry/served-files';
import { openSignatureCheck } from '@assay/adapters/registry/signature-check';
import { versionSigner } from '@assay/adapters/registry/version-signing';
import { NativeConnection } from '@temporalio/worker';
import { readConfig } from './config.ts';
import { arePolling, writeReady } from './ready.ts';
import { openRuntime } from './runtime.ts';
import { trainingDeps } from './training-deps.ts';
import { createWorkers } from './workers.ts';

const config = readConfig(process.env);
const metricsUrl = await openRuntime();
await using store = await PostgresControlStore.connect(config.databaseUrl);
await using evidence = await DuckdbEvidenceSource.open({ evidenceDir: config.evidenceDir });
const registry = openRegistry(config.registry, config.artifactsDir);
const signatures = await openSignatureCheck(registry, config.signingPolicy);
const evaluator = childEvaluator();
const connection = await NativeConnection.connect({ address: config.temporalAddress });
const workers = await createWorkers({
  connection,
  deps: {
    store,
    evidence,
    registry,
    evaluator,
    training: trainingDeps({ config, evidence, evaluator }),
    stateDir: config.stateDir,
    fileOf: servedFiles(config.registry, config.artifactsDir),
    signatures,
    sign: await versionSigner(registry, config.signingKey),
  },
});
// SIGTERM makes each of them finish what it is doing, a few seconds at most; a training goes on after the next start
const runs = Promise.all(workers.map((worker) => worker.run()));
if ((await Promise.race([arePolling(workers), runs.then(() => false)])) && config.readyFile !== undefined)
  writeReady(config.readyFile, metricsUrl);
await runs;
await connection.close();
// A model host's thread or a child's pipe must not keep a stopped worker alive
await delay(0);
