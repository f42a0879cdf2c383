import type { Stage } from '@assay/domain/model-version';
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

export const compareVersionsHref = (name: string, version: string, other: string): string =>
  `/models/${encodeURIComponent(name)}/compare?${new URLSearchParams({ version, other })}`;

export const modelHref = (name: string): string => `/models/${encodeURIComponent(name)}`;
