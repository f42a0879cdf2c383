import { AssayError } from './errors.ts';

/** Which registry a process uses: Assay's own, or any MLflow server. */
export interface RegistryChoice {
  readonly kind: 'assay' | 'mlflow';
  readonly baseUrl: string;
  readonly token?: string | undefined;
  readonly basic?: { readonly user: string; readonly password: string } | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

const ADDRESS = /^https?:\/\/[^\s/?#]+(\/[^\s?#]*)?$/i;

/** Server of a URL that a person or a variable names, without a slash at its end. Throws CONFIG_INVALID for what is none. */
export function serverUrl(text: string, field: string): string {
  const refused = (why: string): AssayError =>
    new AssayError('CONFIG_INVALID', `Cannot use ${field}: ${why}`, { field });
  if (/^https?:\/\/[^/]*@/i.test(text))
    throw refused('it holds a password; set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD instead');
  if (!ADDRESS.test(text)) throw refused(`"${text}" must be http://HOST[:PORT][/PATH] of a server`);
  return text.replace(/\/+$/, '');
}

/** An MLflow server, with the credentials that MLflow's own client would send it. Throws CONFIG_INVALID. */
export function mlflowServer(uri: string, env: Environment, field = 'MLFLOW_TRACKING_URI'): RegistryChoice {
  const { MLFLOW_TRACKING_TOKEN: token, MLFLOW_TRACKING_USERNAME: user } = env;
  const proof = token
    ? { token }
    : user
      ? { basic: { user, password: env.MLFLOW_TRACKING_PASSWORD ?? '' } }
      : {};
  return { kind: 'mlflow', baseUrl: serverUrl(uri, field), ...proof };
}

/** ASSAY_REGISTRY_URL names Assay's own, else MLFLOW_TRACKING_URI another. Throws CONFIG_INVALID where neither does. */
export function chosenRegistry(env: Environment): RegistryChoice {
  const { ASSAY_REGISTRY_URL: own, ASSAY_SERVICE_TOKEN: token, MLFLOW_TRACKING_URI: other } = env;
  if (own) return { kind: 'assay', baseUrl: own, token };
  if (other) return mlflowServer(other, env);
  throw new AssayError(
    'CONFIG_INVALID',
    'Cannot choose a registry: neither ASSAY_REGISTRY_URL nor MLFLOW_TRACKING_URI is set',
    { field: 'ASSAY_REGISTRY_URL' },
  );
}
