import { existsSync, statSync } from 'node:fs';
import { copyFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { AssayError } from '@assay/domain/errors';
import { familySpec } from '@assay/domain/families/all';
import { FAMILY_NAMES, type FamilySpec } from '@assay/domain/families/family';
import { refusals } from '@assay/domain/model-check/report';
import { checkSignature, parseMetrics } from '@assay/domain/trainer';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { openedRegistry } from '../opened-registry.ts';
import { asRole } from '../options.ts';
import { printJson } from '../output.ts';

interface Flags {
  readonly state: string;
  readonly as: string;
  readonly model: string;
  readonly family: string;
  readonly experiment?: string;
  readonly runName?: string;
  readonly param: Readonly<Record<string, string>>;
  readonly tag: Readonly<Record<string, string>>;
  readonly metric: Readonly<Record<string, string>>;
  readonly json?: true;
}

const ONNX = 'model.onnx';

const keyValue = (text: string, before: Readonly<Record<string, string>>): Record<string, string> => {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('must be KEY=VALUE');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
};

/** Registers what was trained elsewhere, by the same path as Assay's own trainings. */
export function addModelRegister(model: Command): void {
  model
    .command('register <path>')
    .description('register an ONNX file, or a trained folder with model.onnx in it, as a new version')
    .requiredOption('--model <name>', 'registered model; made where there is none')
    .addOption(new Option('--family <family>', 'what it is for').choices(FAMILY_NAMES).makeOptionMandatory())
    .option('--experiment <name>', 'experiment of the run that is made for it (default: the family)')
    .option('--run-name <name>', 'name of that run')
    .option('--param <key=value>', 'parameter of the run; may be repeated', keyValue, {})
    .option('--metric <key=number>', 'metric of the run; may be repeated', keyValue, {})
    .option('--tag <key=value>', 'tag of run and version; may be repeated', keyValue, {})
    .option('--state <dir>', 'state folder of the running Assay', '.assay')
    .addOption(asRole('data-scientist'))
    .option('--json', 'print JSON')
    .action(register);
}

async function register(path: string, flags: Flags): Promise<void> {
  const spec = familySpec(flags.family);
  const registry = openedRegistry(flags);
  const dir = await trainedFolder(path, spec);
  try {
    await assertFit(path, dir, spec);
    const made = await registry.registerFolder({
      model: flags.model,
      experiment: flags.experiment ?? spec.family,
      dir,
      runName: flags.runName ?? `register ${basename(path)}`,
      metrics: { ...(await trainersMetrics(dir, spec)), ...numbers(flags.metric) },
      params: flags.param,
      tags: { ...flags.tag, 'assay.family': spec.family },
    });
    if (flags.json) return printJson({ ok: true, model: flags.model, family: spec.family, ...made });
    process.stdout.write(
      `registered ${flags.model}/${made.version} (SHA-256 ${made.digest}); ask for its release with "assay release request ${flags.model} ${made.version} --endpoint … --snapshot …"\n`,
    );
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** The rules of `assay model check`, held against the copy that is sent. */
async function assertFit(path: string, dir: string, spec: FamilySpec): Promise<void> {
  const { checkModel } = await import('@assay/registry-integrity/onnx/check-model');
  const { status, rules } = await checkModel({ path: dir, spec });
  if (status !== 'ok')
    throw new AssayError(
      'MODEL_CHECK_REFUSED',
      `Cannot register "${path}" for family "${spec.family}": ${refusals(rules).join('; ')}`,
      { field: 'path' },
    );
}

/** A copy, so that nothing changes between the check and the upload; with a signature where there was none. */
async function trainedFolder(path: string, spec: FamilySpec): Promise<string> {
  if (!existsSync(path))
    throw new AssayError('NOT_FOUND', `Cannot register "${path}": there is no such file or folder`, {
      field: 'path',
    });
  const dir = await mkdtemp(join(tmpdir(), 'assay-register-'));
  if (statSync(path).isDirectory()) await cp(path, dir, { recursive: true });
  else await copyFile(path, join(dir, ONNX));
  if (!existsSync(join(dir, ONNX))) {
    await rm(dir, { recursive: true, force: true });
    throw new AssayError('TRAINER_NO_MODEL', `Cannot register "${path}": it holds no ${ONNX}`, {
      field: 'path',
    });
  }
  const file = join(dir, 'signature.json');
  if (existsSync(file)) checkSignature(await readFile(file, 'utf8'), spec);
  else await writeFile(file, JSON.stringify({ inputs: spec.modelInputs, outputs: spec.modelOutputs }));
  return dir;
}

async function trainersMetrics(dir: string, spec: FamilySpec): Promise<Record<string, number>> {
  const file = join(dir, 'metrics.json');
  if (!existsSync(file)) return {};
  const { quality, naive } = parseMetrics(await readFile(file, 'utf8'), spec);
  return { [quality.name]: quality.value, naive: naive.value };
}

const numbers = (given: Readonly<Record<string, string>>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(given).map(([key, text]) => {
      const value = Number(text);
      if (text.trim() === '' || Number.isNaN(value))
        throw new AssayError('REQUEST_INVALID', `Cannot log metric "${key}": "${text}" is no number`, {
          field: 'metric',
        });
      return [key, value];
    }),
  );
