import type { Autonomy } from '@assay/domain/autonomy';
import type { MonitorStatus } from '@assay/domain/ports/control-store';
import type { EndpointView } from '@assay/domain/read-models';
import type { Tone } from '../shared/tone.ts';

interface Words {
  readonly label: string;
  readonly tone: Tone;
}

export const HEALTH: Record<EndpointView['health'], Words & { readonly remedy: string }> = {
  serving: { label: 'Serving', tone: 'good', remedy: '' },
  'no-champion': {
    label: 'No champion yet',
    tone: 'warn',
    remedy: 'Register and release a first version; it becomes champion after validation',
  },
  'no-server': {
    label: 'No server',
    tone: 'bad',
    remedy: 'No model server has reported; check the Servers page and "assay doctor"',
  },
};

export const MONITOR: Record<MonitorStatus['kind'], Words> = {
  watching: { label: 'Watching', tone: 'good' },
  drift: { label: 'Drift seen', tone: 'warn' },
  alarm: { label: 'Drift alarm', tone: 'bad' },
  retraining: { label: 'Retraining', tone: 'info' },
  'no-data': { label: 'No data', tone: 'neutral' },
};

export const AUTONOMY_WORDS: Record<Autonomy, string> = {
  propose: 'a person approves every step',
  assist: 'a person approves shipping',
  auto: 'the policy approves; rollback is automatic',
};

export const endpointHref = (name: string): string => `/endpoints/${encodeURIComponent(name)}`;
