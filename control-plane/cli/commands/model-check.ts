import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { AssayError } from '@assay/domain/errors';
import { familySpec } from '@assay/domain/families/all';
import { FAMILY_NAMES } from '@assay/domain/families/family';
import { type CheckPolicy, DEFAULT_CHECK_POLICY, parseCheckPolicy } from '@assay/domain/model-check/policy';
import type { CheckReport, RuleResult } from '@assay/domain/model-check/report';
import { type Command, Option } from 'commander';
import pc from 'picocolors';
import { EXIT, printJson, table } from '../output.ts';
import { readEndpoints } from '../supervisor/state-folder.ts';

interface Flags {
  readonly family?: string;
  readonly policy?: string;
  readonly state: string;
  readonly json?: true;
}

/** `assay model check PATH` needs no server; `assay model check MODEL VERSION` fetches the version first. */
export function addModelCheck(model: Command): void {
  model
    .command('check <path-or-model> [version]')
    .description('judge a model file rule by rule without trusting it: a path, or a registered version')
    .addOption(new Option('--family <family>', 'hold it against this family').choices(FAMILY_NAMES))
    .option('--policy <file>', 'limits and allowed operators (JSON); absent fields as by default')
    .option('--state <dir>', 'state folder of the running Assay, for a registered version', '.assay')
    .option('--json', 'print the report as JSON')
    .action(async (subject: string, version: string | undefined, flags: Flags) => {
      const policy = flags.policy === undefined ? DEFAULT_CHECK_POLICY : await readPolicy(flags.policy);
      const report =
        version === undefined
          ? await checkPath(subject, flags.family, policy)
          : await checkVersion(subject, version, flags, policy);
      if (flags.json) printJson(report);
      else process.stdout.write(`${printed(report)}\n`);
      process.exitCode = report.status === 'ok' ? EXIT.done : EXIT.refused;
    });
}

async function readPolicy(file: string): Promise<CheckPolicy> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new AssayError('NOT_FOUND', `Cannot read the model policy "${file}"`, { cause });
  });
  return parseCheckPolicy(text);
}

async function checkPath(
  path: string,
  family: string | undefined,
  policy: CheckPolicy,
): Promise<CheckReport> {
  const { checkModel } = await import('@assay/registry-integrity/onnx/check-model');
  return checkModel({ path, spec: family === undefined ? null : familySpec(family), policy });
}

async function checkVersion(
  model: string,
  version: string,
  { family, state }: Flags,
  policy: CheckPolicy,
): Promise<CheckReport> {
  const [{ RegistryClient }, { writeFolder }] = await Promise.all([
    import('@assay/registry-client/registry-client'),
    import('@assay/registry-integrity/write-folder'),
  ]);
  const { registry, tokens } = readEndpoints(state);
  const client = new RegistryClient({ baseUrl: registry, token: tokens.admin });
  const found = await client.getModelVersion(model, version);
  const folder = await mkdtemp(join(tmpdir(), 'assay-check-'));
  try {
    await writeFolder(folder, found.artifacts, policy.maxTotalBytes, async (digest) =>
      Readable.fromWeb((await client.downloadBlob(digest)) as Parameters<typeof Readable.fromWeb>[0]),
    );
    return await checkPath(folder, family ?? found.tags['assay.family'], policy);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const MARK: Record<RuleResult['status'], (text: string) => string> = {
  ok: pc.green,
  refused: pc.red,
  skipped: pc.dim,
};

function printed(report: CheckReport): string {
  const rows = report.rules.map((r) => [MARK[r.status](r.status), r.rule, r.value]);
  const remedies = report.rules.flatMap((r) => (r.remedy === null ? [] : [`${r.rule}: ${r.remedy}`]));
  const digests = report.files.map((f) => `${f.sha256 ?? 'not read'}  ${f.path}`);
  return [
    table(['', 'rule', 'found'], rows),
    ...(remedies.length === 0 ? [] : ['', pc.bold('remedies'), ...remedies]),
    '',
    pc.bold('SHA-256'),
    ...digests,
  ].join('\n');
}
