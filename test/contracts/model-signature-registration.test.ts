import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { validationActivities } from '@assay/activities/validation';
import { versionEvaluation } from '@assay/activities/version-evaluation';
import { childEvaluator } from '@assay/adapters/onnx/model-evaluator';
import { httpModelRegistry } from '@assay/adapters/registry/http-model-registry';
import { openSignatureCheck } from '@assay/adapters/registry/signature-check';
import { signVersion, verifyVersion } from '@assay/adapters/registry/version-signing';
import { requestRelease } from '@assay/control-plane-server/use-cases/request-release';
import type { SignatureFinding } from '@assay/domain/model-check/signing-policy';
import { type ModelVersion, RegistryClient } from '@assay/registry-client/registry-client';
import { signFolder } from '@assay/registry-integrity/signing/sign-folder';
import { readSigners } from '@assay/registry-integrity/signing/trusted-signers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../plane/until.ts';
import { GateWorld } from './gate-world.ts';
import { startTestRegistry, TOKENS } from './registry-server.ts';

const MODEL = readFileSync(
  fileURLToPath(new URL('../reference/models/ranking-affinity.onnx', import.meta.url)),
);
const root = mkdtempSync(join(tmpdir(), 'assay-signed-'));
const at = (...parts: string[]): string => join(root, ...parts);
const policyFile = at('policy.json');
const POLICY = {
  mode: 'if-present',
  families: { ranking: 'required', vision: 'off' },
  keys: { 'release team': 'team.pub' },
};

function pair(name: string): void {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  writeFileSync(at(`${name}.pem`), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(at(`${name}.pub`), publicKey.export({ type: 'spki', format: 'pem' }));
}

let world: GateWorld;
let client: RegistryClient;
const connect = (baseUrl: string): void => {
  client = new RegistryClient({ baseUrl, token: TOKENS.scientist });
};
const port = () => httpModelRegistry({ baseUrl: world.registry.url, token: TOKENS.scientist });

beforeAll(async () => {
  pair('team');
  pair('stranger');
  writeFileSync(policyFile, JSON.stringify(POLICY));
  world = await GateWorld.start({ ASSAY_SIGNING_POLICY: policyFile });
  connect(world.registry.url);
}, 60_000);
afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
  rmSync(root, { recursive: true, force: true });
});

/** A folder as a client logs it, signed by a key or by none; what is changed afterwards is changed after signing. */
async function folder(name: string, key?: string): Promise<string> {
  const dir = at('folders', name);
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'model.onnx'), MODEL);
  writeFileSync(join(dir, 'notes.md'), 'as trained');
  if (key !== undefined)
    await signFolder({ folder: dir, signatureFile: join(dir, 'model.sig'), keyFile: at(`${key}.pem`) });
  return dir;
}

async function register(model: string, dir: string, family?: string): Promise<string> {
  const { runId, artifactUri } = await client.createRun('0', model, Date.now());
  for (const file of readdirSync(dir))
    await client.uploadArtifact(runId, `model/${file}`, readFileSync(join(dir, file)));
  await client.createRegisteredModelIfMissing(model);
  const tags = family === undefined ? {} : { 'assay.family': family };
  return client.createModelVersion(model, `${artifactUri}/model`, runId, tags);
}

const checked = (model: string, version: string): Promise<ModelVersion> =>
  until(`${model}/${version} is checked`, async () => {
    const found = await client.getModelVersion(model, version);
    return found.check !== null && found.check.state !== 'pending' && found;
  });
const found = async (model: string, version: string): Promise<SignatureFinding | undefined> =>
  (await checked(model, version)).check?.report?.signature;
const release = (model: string, version: string) =>
  requestRelease(
    { store: world.store, workflows: world.workflows, registry: port() },
    { subject: 'ada', role: 'data-scientist' },
    { model, version, snapshotDir: 'snapshots/s' },
  );

describe('at registration', () => {
  test('what a trusted key has signed is verified, by name of the signer', async () => {
    const version = await register('signed', await folder('signed', 'team'), 'ranking');
    expect(await found('signed', version)).toMatchObject({
      mode: 'required',
      status: 'verified',
      signer: 'release team',
      source: 'file',
      value: '2 files as "release team" signed them',
    });
    expect((await checked('signed', version)).tags['assay.check']).toBe('ok');
  });

  test('a changed file, another key, or no JSON refuses the version, and it is registered all the same', async () => {
    const dir = await folder('changed', 'team');
    writeFileSync(join(dir, 'notes.md'), 'as somebody likes it');
    const changed = await register('changed', dir, 'ranking');
    const { check, tags } = await checked('changed', changed);
    expect(check?.state).toBe('refused');
    expect(tags['assay.check']).toMatch(/^refused: signature: "notes.md" is [0-9a-f]{64}, signed was /);
    await expect(release('changed', changed)).rejects.toMatchObject({
      code: 'SIGNATURE_REFUSED',
      message: expect.stringContaining('"notes.md" is '),
    });

    const strange = await register('strange', await folder('strange', 'stranger'), 'ranking');
    expect(await found('strange', strange)).toMatchObject({
      status: 'refused',
      signer: null,
      value: expect.stringMatching(/^no trusted key has signed it: "release team": it was made with key /),
    });
    const broken = await folder('broken');
    writeFileSync(join(broken, 'model.sig'), '{');
    expect(await found('broken', await register('broken', broken, 'ranking'))).toMatchObject({
      status: 'refused',
      value: expect.stringContaining('the signature file is no JSON'),
    });
  });

  test('a signature that leaves the model out is none', async () => {
    const dir = await folder('hollow');
    rmSync(join(dir, 'model.onnx'));
    await signFolder({ folder: dir, signatureFile: join(dir, 'model.sig'), keyFile: at('team.pem') });
    writeFileSync(join(dir, 'model.onnx'), MODEL);
    const { value } = (await found('hollow', await register('hollow', dir, 'ranking'))) ?? {};
    expect(value).toContain('"model.onnx" was not signed');
    expect(value).toContain('the file that is served');
  });

  test('required, if present, off: by family', async () => {
    const dir = await folder('plain');
    const ranking = await register('plain', dir, 'ranking');
    expect(await found('plain', ranking)).toMatchObject({ status: 'refused', value: 'it is not signed' });
    await expect(release('plain', ranking)).rejects.toMatchObject({ code: 'SIGNATURE_REFUSED' });
    const none = await register('plain', dir);
    expect(await checked('plain', none)).toMatchObject({
      tags: {},
      check: { state: 'ok', report: { signature: { mode: 'if-present', status: 'unsigned' } } },
    });
    const strange = await register('plain', await folder('strange', 'stranger'));
    expect((await checked('plain', strange)).check?.state).toBe('refused');
    const vision = await register('plain', await folder('strange', 'stranger'), 'vision');
    expect(await found('plain', vision)).toMatchObject({ mode: 'off', status: 'off' });
  });
});

test('a version signed in the registry: the tag asks anew, and so does taking it away', async () => {
  const version = await register('tagged', await folder('tagged'), 'ranking');
  expect(await found('tagged', version)).toMatchObject({ status: 'refused' });
  const signed = { registry: port(), model: 'tagged', version };
  const manifest = await signVersion({ ...signed, keyFile: at('team.pem') });
  expect(manifest.resources.map((r) => r.name).sort()).toEqual(['model.onnx', 'notes.md']);
  expect(await found('tagged', version)).toMatchObject({ status: 'verified', source: 'tag' });
  await verifyVersion({ ...signed, keyFile: at('team.pub') });
  await expect(verifyVersion({ ...signed, keyFile: at('stranger.pub') })).rejects.toMatchObject({
    code: 'SIGNATURE_INVALID',
  });
  const asked = { name: 'tagged', version, key: 'assay.signature' };
  expect((await world.ask('DELETE', 'model-versions/delete-tag', asked)).status).toBe(200);
  expect(await found('tagged', version)).toMatchObject({ status: 'refused', value: 'it is not signed' });
  await expect(verifyVersion({ ...signed, keyFile: at('team.pub') })).rejects.toMatchObject({
    code: 'SIGNATURE_INVALID',
    message: expect.stringContaining('it is not signed'),
  });
});

test("a release's validation verifies once more, with keys of its own and the bytes that will be served", async () => {
  const version = await register('late', await folder('late', 'team'), 'ranking');
  expect(await found('late', version)).toMatchObject({ status: 'verified' });
  const registry = port();
  const signatures = await openSignatureCheck(registry, policyFile);
  const { onnx } = await registry.version('late', version);
  const served = join(world.registry.artifacts, onnx?.path ?? '');
  const asked = { family: 'ranking', model: 'late', version } as const;
  expect(await signatures.check({ ...asked, file: served })).toMatchObject({ status: 'verified' });

  writeFileSync(at('other.onnx'), Buffer.concat([MODEL, Buffer.from([0])]));
  const evaluation = versionEvaluation({
    fileOf: async ({ path }) => (path === 'other' ? at('other.onnx') : served),
    validation: validationActivities({ stateDir: root, evaluator: childEvaluator() }),
    signatures,
  });
  const evaluate = (path: string) =>
    evaluation.evaluateVersion({
      family: 'ranking',
      candidate: { model: 'late', version, path },
      champion: null,
      snapshotDir: 'snapshots/s',
    });
  const refused = (text: string) => ({
    facts: null,
    code: 'SIGNATURE_REFUSED',
    verdict: { kind: 'fail', reasons: [expect.stringContaining(text)] },
    signature: { status: 'refused' },
  });
  expect(await evaluate('other')).toMatchObject(refused('the file that is served (SHA-256 '));
  // The registry judged when it was registered, and its doors are closed since; what a person at the database lays beside it is seen here
  const { source } = await client.getModelVersion('late', version);
  const dir = source.replace(/^mlflow-artifacts:\/+/, '');
  await world.psql.query(
    'INSERT INTO registry.artifacts (path, digest, size, written) SELECT $2, digest, size, written FROM registry.artifacts WHERE path = $1',
    [`${dir}/notes.md`, `${dir}/more.txt`],
  );
  expect(await evaluate('served')).toMatchObject(refused('"more.txt" was not signed'));
});

test('another policy asks anew about what was judged before', async () => {
  let registry = await startTestRegistry({ ASSAY_SIGNING_POLICY: policyFile });
  connect(registry.url);
  const version = await register('turned', await folder('turned', 'stranger'), 'ranking');
  const before = await found('turned', version);
  expect(before).toMatchObject({ status: 'refused' });
  const keys = { ...POLICY.keys, stranger: 'stranger.pub' };
  writeFileSync(policyFile, JSON.stringify({ ...POLICY, keys }));
  registry = await registry.restartAfterKill();
  connect(registry.url);
  const after = await until('it is judged by the other policy', async () => {
    const signature = await found('turned', version);
    return signature?.policy !== before?.policy && signature;
  });
  expect(after).toMatchObject({ status: 'verified', signer: 'stranger' });
  await registry[Symbol.asyncDispose]();
});

test('a policy that cannot be used stops the start', async () => {
  await expect(readSigners(at('absent.json'))).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  writeFileSync(at('no-key.json'), JSON.stringify({ mode: 'required', keys: { a: 'absent.pub' } }));
  await expect(readSigners(at('no-key.json'))).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  writeFileSync(at('private.json'), JSON.stringify({ mode: 'required', keys: { a: 'policy.json' } }));
  await expect(readSigners(at('private.json'))).rejects.toMatchObject({ code: 'KEY_INVALID' });
});
