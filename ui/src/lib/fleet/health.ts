import type { ServerView } from '@assay/domain/read-models';
import type { Tone } from '../shared/tone.ts';

/** Servers report every few seconds; three missed reports are a silence worth a colour. */
const SILENT_AFTER_MS = 15_000;

/** `newest` is the newest route version that any server has applied. */
export function serverWords(
  server: ServerView,
  newest: number,
  nowMs: number,
): { readonly label: string; readonly tone: Tone } {
  if (nowMs - server.lastSeenMs > SILENT_AFTER_MS) return { label: 'Silent', tone: 'bad' };
  if (server.refused !== null) return { label: 'Refused routes', tone: 'bad' };
  if (server.appliedVersion < newest) return { label: 'Behind', tone: 'warn' };
  return { label: 'Up to date', tone: 'good' };
}
