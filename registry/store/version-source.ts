import { safePath } from './artifacts-names.ts';
import { PROXY } from './artifacts-seal.ts';
import { type Db, one } from './database.ts';
import { invalid, RegistryFault } from './faults.ts';
import { loggedModelOf } from './logged-models.ts';
import { liveVersion, STAGES, versionNumber } from './version-row.ts';

export interface Asked {
  readonly source: string;
  readonly runId: string | undefined;
  readonly modelId: string | undefined;
  /** A prompt's version has no files; it names a placeholder. */
  readonly isPrompt: boolean;
}

export interface Resolved {
  readonly source: string;
  /** Where the bytes are. */
  readonly location: string;
  readonly runId: string;
  readonly modelId: string | undefined;
  /** Whether the logged model lists this registration. */
  readonly note: boolean;
}

/** What MLflow's client and server write for a prompt (mlflow/prompt/constants.py). */
const PROMPT_SOURCES = ['dummy-source', 'prompt-template'];

const refused = (source: string, why: string) => invalid(`Invalid model version source: '${source}'. ${why}`);
const plain = (asked: Asked, location: string): Resolved => ({
  ...asked,
  location,
  runId: asked.runId ?? '',
  note: false,
});

/** The version that `name/3`, `name/latest`, `name/Staging` or `name@alias` means. */
const versionNamed = async (db: Db, source: string): Promise<{ name: string; version: number }> => {
  const path = source.slice('models:/'.length);
  const aliased = /^([^/@]+)@([^/]+)$/.exec(path);
  const [, name = '', what = ''] = aliased ?? /^([^/]+)\/([^/]+)$/.exec(path) ?? [];
  if (name === '')
    throw refused(source, 'It must be models:/name/version, models:/name@alias or models:/<model id>');
  const newest = 'SELECT max(version) AS version FROM model_versions WHERE name = $1 AND NOT deleted';
  const stage = STAGES.find((s) => s.toLowerCase() === what.toLowerCase());
  const found =
    aliased !== null
      ? await one(db, 'SELECT version FROM aliases WHERE name = $1 AND alias = $2', [name, what])
      : what.toLowerCase() === 'latest'
        ? await one(db, newest, [name])
        : stage !== undefined
          ? await one(db, `${newest} AND stage = $2`, [name, stage])
          : { version: versionNumber({ version: what }) };
  return { name, version: Number(found?.version ?? -1) };
};

const resolveVersion = async (db: Db, asked: Asked): Promise<Resolved> => {
  const { name, version } = await versionNamed(db, asked.source);
  const other = await liveVersion(db, name, version);
  const [runId, modelId] = [String(other.run_id), (other.model_id as string | null) ?? undefined];
  if ((asked.runId ?? runId) !== runId || (asked.modelId ?? modelId) !== modelId)
    throw refused(asked.source, 'run_id and model_id must match the version that it names');
  const source = `models:/${name}/${version}`;
  return { source, location: String(other.location), runId, modelId, note: false };
};

/** A logged model's row, or a refusal: an unknown one is the request's mistake. */
const modelOf = (db: Db, asked: Asked) =>
  loggedModelOf(db, asked.modelId ?? '').catch((cause: unknown) => {
    if (cause instanceof RegistryFault)
      throw refused(asked.source, 'model_id must name the model that holds it');
    throw cause;
  });

const resolveLogged = async (db: Db, asked: Asked): Promise<Resolved> => {
  const model = await modelOf(db, asked);
  const root = String(model.artifact_uri);
  const named = asked.source === `models:/${asked.modelId}`;
  if (!named && !isUnder(asked.source, root)) throw refused(asked.source, 'It must lie under model_id');
  return {
    ...asked,
    location: named ? root : asked.source,
    runId: asked.runId || String(model.source_run_id ?? ''),
    note: true,
  };
};

const isUnder = (source: string, root: string): boolean => source === root || source.startsWith(`${root}/`);

const resolveRun = async (db: Db, asked: Asked): Promise<Resolved> => {
  const { source, runId } = asked;
  const run = await one(db, 'SELECT artifact_uri FROM runs WHERE id = $1', [runId ?? '']);
  const root = String(run?.artifact_uri);
  if (source.startsWith('runs:')) {
    const [id = '', ...rest] = safePath(source.slice('runs:/'.length)).split('/');
    if (run === undefined || id !== runId) throw refused(source, 'run_id must name the run of the source');
    return plain(asked, `${root}/${rest.join('/')}`);
  }
  if (run === undefined || !isUnder(source, root)) throw refused(source, 'It must lie under run_id');
  return plain(asked, source);
};

/** Nothing climbs, in any depth of percent encoding, whatever the store behind the scheme would make of it. */
const requireNoClimb = (source: string): void => {
  const scheme = /^[a-z][a-z0-9+.-]*:\/{0,3}/i.exec(source)?.[0] ?? '';
  try {
    safePath(source.slice(scheme.length));
  } catch (cause) {
    if (cause instanceof RegistryFault) throw refused(source, 'It must hold no relative path');
    throw cause;
  }
};

/** Clients list a folder by its name and fetch its files by a URL, in which an escape is another name. */
const requireNoEscape = (source: string, location: string): void => {
  if (location.startsWith(PROXY) && /%[0-9a-f]{2}/i.test(location))
    throw refused(
      source,
      'A percent escape in it names one folder to some calls and another to others: name the folder as it is',
    );
};

/** Where the bytes are, checked so that nobody registers what lies outside the run or logged model named. */
export const resolveSource = async (db: Db, asked: Asked): Promise<Resolved> => {
  const found = await resolve(db, asked);
  requireNoEscape(asked.source, found.location);
  return found;
};

const resolve = async (db: Db, asked: Asked): Promise<Resolved> => {
  const { source, modelId } = asked;
  if (asked.isPrompt) {
    if (!PROMPT_SOURCES.includes(source)) throw refused(source, 'A prompt has no source but a placeholder');
    return plain(asked, source);
  }
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(source)?.[1]?.toLowerCase() ?? 'file';
  if (['file', 'http', 'https'].includes(scheme))
    throw refused(source, 'Only artifacts of this registry or of an object store can be registered');
  requireNoClimb(source);
  const ofVersion = scheme === 'models' && !/^models:\/m-[0-9a-f]{32}$/.test(source);
  if (ofVersion) return resolveVersion(db, asked);
  if (modelId !== undefined && ['models', 'mlflow-artifacts', 'runs'].includes(scheme))
    return resolveLogged(db, asked);
  if (scheme === 'models') throw refused(source, 'model_id must name the model of the source');
  if (scheme === 'runs' || scheme === 'mlflow-artifacts') return resolveRun(db, asked);
  if (modelId === undefined) return plain(asked, source);
  const model = await modelOf(db, asked);
  return { ...plain(asked, source), runId: asked.runId || String(model.source_run_id ?? ''), note: true };
};
