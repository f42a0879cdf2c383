import { safePath } from '@assay/registry-store/artifacts-names';
import { type Context, compact } from '@assay/registry-store/context';
import { type Input, optionalText, text } from '@assay/registry-store/input';
import { int } from '@assay/registry-store/json';
import { loggedModelOf } from '@assay/registry-store/logged-models';
import { runOf } from '@assay/registry-store/runs';

/** The path on the proxy of what lies on it. */
export const proxied = (uri: string): string | undefined =>
  uri.startsWith('mlflow-artifacts:/')
    ? uri.slice('mlflow-artifacts:'.length).replace(/^\/+/, '')
    : undefined;

/** An empty file has no size in MLflow's lists. */
const sized = (size: string | null) => (size === null || size === '0' ? {} : { file_size: int(size) });

const filesUnder = async ({ artifacts }: Context, uri: string, given: string) => {
  const path = safePath(given);
  const root = proxied(uri);
  const children = root === undefined ? [] : await artifacts.children(path === '' ? root : `${root}/${path}`);
  const files = children.map(({ name, size }) => ({
    path: path === '' ? name : `${path}/${name}`,
    is_dir: size === null,
    ...sized(size),
  }));
  return compact({ root_uri: uri, files });
};

export const listRun = async (context: Context, input: Input) => {
  const run = await runOf(context.pool, text(input, 'run_id'));
  return filesUnder(context, String(run.artifact_uri), optionalText(input, 'path') ?? '');
};

export const listLoggedModel = async (context: Context, input: Input) => {
  const model = await loggedModelOf(context.pool, text(input, 'id'));
  return filesUnder(
    context,
    String(model.artifact_uri),
    optionalText(input, 'artifact_directory_path') ?? '',
  );
};

/** The proxy's own listing: base names only. */
export const listProxied = async ({ artifacts }: Context, input: Input) => {
  const children = await artifacts.children(optionalText(input, 'path') ?? '');
  return compact({
    files: children.map(({ name, size }) => ({
      path: name,
      is_dir: size === null,
      ...sized(size),
    })),
  });
};
