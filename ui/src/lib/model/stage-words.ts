import type { Stage } from '@assay/domain/model-version';
import type { TrackedVersion } from '@assay/domain/ports/control-store';
import type { Tone } from '../shared/tone.ts';

export const STAGE: Record<Stage, { readonly label: string; readonly tone: Tone }> = {
  registered: { label: 'Registered', tone: 'neutral' },
  validated: { label: 'Validated', tone: 'info' },
  shadow: { label: 'Shadow', tone: 'info' },
  canary: { label: 'Canary', tone: 'info' },
  champion: { label: 'Champion', tone: 'good' },
  retired: { label: 'Retired', tone: 'neutral' },
  rejected: { label: 'Rejected', tone: 'bad' },
  'rolled-back': { label: 'Rolled back, quarantined', tone: 'bad' },
};

export const versionHref = (name: string, version: string): string =>
  `/models/${encodeURIComponent(name)}/${encodeURIComponent(version)}`;

export const modelHref = (name: string): string => `/models/${encodeURIComponent(name)}`;

/** Newest first; versions are numbers in MLflow's registry, anything else goes by its name. */
export const newestFirst = (versions: readonly TrackedVersion[]): readonly TrackedVersion[] =>
  versions.toSorted((a, b) => Number(b.version) - Number(a.version) || b.version.localeCompare(a.version));
