import type { ModelCard } from '@assay/domain/model-card';
import { formatBytes } from '../shared/format.ts';
import { versionHref } from './stage-words.ts';

const stated = (value: string | null): string => value ?? 'not stated';

/** What a reader looks for first, in the order of the card's schema. */
export function cardFacts({ details, operation }: ModelCard): readonly (readonly [string, string])[] {
  return [
    ['Owner', stated(details.owner)],
    ['Family', stated(details.family)],
    ['Service level', stated(operation.sla)],
    ['Retrain cycle', stated(operation.retrainCycle)],
    ['Licence', stated(details.licence)],
    ['Prompt class', stated(details.promptClass)],
    ['Registered by', details.registeredBy],
    ['Format', details.format ?? 'no ONNX file'],
    ['Size', details.sizeBytes === null ? 'unknown' : formatBytes(details.sizeBytes)],
    ['SHA-256 of the ONNX file', details.digest ?? 'none'],
  ];
}

/** Where "model/version" is shown; undefined for a parent that is named in another way. */
export function parentHref(parent: string): string | undefined {
  const [, model, version] = /^([^/:]+)\/(\d{1,9})$/.exec(parent) ?? [];
  return model === undefined || version === undefined ? undefined : versionHref(model, version);
}
