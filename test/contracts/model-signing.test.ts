import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readKey } from '@assay/registry-integrity/signing/bundle';
import { signFolder, verifyFolder } from '@assay/registry-integrity/signing/sign-folder';
import { parseStatement, statementOf } from '@assay/registry-integrity/signing/statement';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toolsPython } from '../plane/pythons.ts';

const REFERENCE = fileURLToPath(new URL('../reference/model-integrity/', import.meta.url));
const MAIN = fileURLToPath(new URL('../../control-plane/cli/main.ts', import.meta.url));

let root = '';
let python = '';
const at = (...parts: string[]): string => join(root, ...parts);
const pem = (name: string, curve: string): void => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: curve });
  writeFileSync(at(`${name}.pem`), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(at(`${name}.pub`), publicKey.export({ type: 'spki', format: 'pem' }));
};

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'assay-signing-'));
  python = await toolsPython();
  pem('mine', 'prime256v1');
  pem('other', 'prime256v1');
  pem('large', 'secp384r1');
  // Names that sort differently as texts than by path components, and one that is not ASCII
  mkdirSync(at('model', 'a', 'deep'), { recursive: true });
  for (const [i, name] of ['model.onnx', 'a/x.bin', 'a/deep/y', 'a-b', 'a.txt', 'ü'].entries())
    writeFileSync(at('model', name), `content ${i}`);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const run = (program: string, ...args: string[]): Promise<{ status: number; out: string; err: string }> =>
  new Promise((resolve) => {
    execFile(program, args, { timeout: 120_000 }, (error, out, err) =>
      resolve({ status: error === null ? 0 : Number(error.code), out, err }),
    );
  });
const reference = (action: 'sign' | 'verify', folder: string, signature: string, key: string) =>
  run(python, join(REFERENCE, 'signing.py'), action, folder, signature, key);
const assay = (...args: string[]) => run(process.execPath, '--no-warnings', MAIN, 'model', ...args);
const mine = (folder: string, signatureFile: string, keyFile = at('mine.pub')) =>
  verifyFolder({ folder, signatureFile, keyFile });

describe('with the Python package model-signing', () => {
  test('what assay signs, the package verifies, and sees a changed file', async () => {
    const signed = await assay('sign', at('model'), '--key', at('mine.pem'), '--json');
    expect(signed.status).toBe(0);
    expect((JSON.parse(signed.out) as { resources: unknown[] }).resources).toHaveLength(6);
    const signature = at('model', 'model.sig');
    expect(await reference('verify', at('model'), signature, at('mine.pub'))).toMatchObject({
      status: 0,
      out: 'OK\n',
    });

    cpSync(at('model'), at('changed'), { recursive: true });
    writeFileSync(at('changed', 'a', 'deep', 'y'), 'content 3');
    const changed = await reference('verify', at('changed'), at('changed', 'model.sig'), at('mine.pub'));
    expect(changed.status).not.toBe(0);
    expect(changed.err).toMatch(/Hash mismatch for .*a\/deep\/y/);
  });

  test('what the package signs, assay verifies, and sees a changed file', async () => {
    const signature = at('python.sig');
    rmSync(at('model', 'model.sig'), { force: true });
    expect(await reference('sign', at('model'), signature, at('mine.pem'))).toMatchObject({ status: 0 });
    const args = ['--signature', signature, '--key', at('mine.pub')];
    expect(await assay('verify', at('model'), ...args)).toMatchObject({ status: 0 });

    cpSync(at('model'), at('changed-2'), { recursive: true });
    writeFileSync(at('changed-2', 'a.txt'), 'other');
    const changed = await assay('verify', at('changed-2'), ...args, '--json');
    expect(changed.status).toBe(1);
    expect(JSON.parse(changed.out)).toMatchObject({
      error: { code: 'SIGNATURE_INVALID', message: expect.stringContaining('"a.txt" is ') },
    });
  });
});

describe('what is refused', () => {
  const signedCopy = async (name: string): Promise<{ folder: string; signature: string }> => {
    const [folder, signature] = [at(name), at(`${name}.sig`)];
    cpSync(at('model'), folder, { recursive: true });
    await signFolder({ folder, signatureFile: signature, keyFile: at('mine.pem') });
    return { folder, signature };
  };
  const refused = (text: string) => ({ code: 'SIGNATURE_INVALID', message: expect.stringContaining(text) });

  test('a file more, a file less, a link, another key', async () => {
    const { folder, signature } = await signedCopy('copy');
    await mine(folder, signature);
    await expect(mine(folder, signature, at('other.pub'))).rejects.toMatchObject(
      refused('it was made with key'),
    );
    writeFileSync(join(folder, 'more'), '');
    await expect(mine(folder, signature)).rejects.toMatchObject(refused('"more" was not signed'));
    rmSync(join(folder, 'more'));
    rmSync(join(folder, 'a-b'));
    await expect(mine(folder, signature)).rejects.toMatchObject(refused('"a-b" is missing'));
    symlinkSync('/etc/hostname', join(folder, 'a-b'));
    await expect(mine(folder, signature)).rejects.toMatchObject(refused('"a-b" is no plain file'));
    const again = { folder, signatureFile: signature, keyFile: at('mine.pem') };
    await expect(signFolder(again)).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  });

  test('a statement that was rewritten, whoever it names', async () => {
    const { folder, signature } = await signedCopy('rewritten');
    const bundle = JSON.parse(readFileSync(signature, 'utf8'));
    const statement = Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString('utf8');
    const forge = (change: (b: typeof bundle) => void): Promise<unknown> => {
      const forged = structuredClone(bundle);
      change(forged);
      writeFileSync(at('forged.sig'), JSON.stringify(forged));
      return mine(folder, at('forged.sig'));
    };
    const payload = Buffer.from(statement.replace('rewritten', 'trusted')).toString('base64');
    for (const [change, text] of [
      [(b: typeof bundle) => (b.dsseEnvelope.payload = payload), 'does not fit its statement'],
      [(b: typeof bundle) => (b.dsseEnvelope.signatures = []), 'it has 0 signatures'],
      [(b: typeof bundle) => (b.dsseEnvelope.payloadType = 'text/plain'), 'its payload is "text/plain"'],
      [(b: typeof bundle) => (b.mediaType = 'x'), 'the signature is "x"'],
      [(b: typeof bundle) => (b.dsseEnvelope.signatures[0].sig = 'AAAA'), 'does not fit its statement'],
      [(b: typeof bundle) => delete b.verificationMaterial, 'it was made with key undefined'],
    ] as const)
      await expect(forge(change)).rejects.toMatchObject(refused(text));
    writeFileSync(at('forged.sig'), 'no JSON');
    await expect(mine(folder, at('forged.sig'))).rejects.toMatchObject(refused('is no JSON'));
    await expect(mine(folder, at('absent.sig'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  const digest = 'a'.repeat(64);
  const sound = statementOf({
    model: 'm',
    ignored: [],
    resources: [{ name: 'f', algorithm: 'sha256', digest }],
  });
  test.for([
    ['another statement', sound.replace('Statement/v1', 'Statement/v2'), 'its statement is'],
    ['another predicate', sound.replace('signature/v1.0', 'signature/v9'), 'its predicate is'],
    ['shards', sound.replace('"files"', '"shards"'), 'serialised by shards'],
    ['a root digest of other files', sound.replace(digest, 'b'.repeat(64)), 'its root digest is'],
    ['no files', sound.replace(/"resources":\[.*\]/, '"resources":[]'), 'it lists no files'],
    ['a file twice', sound.replace(/"resources":\[(.*)\]/, '"resources":[$1,$1]'), 'it lists "f" twice'],
    [
      'a weak digest',
      sound.replace('"algorithm":"sha256"', '"algorithm":"md5"'),
      'without a name and a SHA-256',
    ],
  ] as const)('a statement with %s', ([, text, wanted]) => {
    parseStatement(sound);
    expect(() => parseStatement(text)).toThrow(wanted);
  });

  test('keys that are none, or of another curve', async () => {
    for (const [file, kind] of [
      ['large.pem', 'private'],
      ['large.pub', 'public'],
    ] as const)
      expect(() => readKey(readFileSync(at(file), 'utf8'), kind)).toThrow(
        expect.objectContaining({ code: 'KEY_INVALID' }),
      );
    expect(() => readKey('none', 'public')).toThrow(expect.objectContaining({ code: 'KEY_INVALID' }));
    expect((await assay('sign', at('model'))).status).toBe(2);
  });
});
