import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { ExternalFacts } from '@assay/domain/model-check/facts';
import type { TensorProto } from '@assay/proto/gen/onnx/model';

type Found = Pick<ExternalFacts, 'found' | 'sizeBytes'>;
const nothing = (found: ExternalFacts['found']): Found => ({ found, sizeBytes: 0 });

/** Wrong by its text alone. A backslash is a separator on one system and part of a name on another: never taken. */
function textFault(location: string): Found | null {
  // onnxruntime takes this location for an address in its own memory (core/framework/tensorprotoutils.h)
  if (location.includes('_ORT_MEM_ADDR_')) return nothing('memory-address');
  if (/^([/\\]|[A-Za-z]:)/.test(location)) return nothing('absolute');
  if (location.split(/[/\\]/).includes('..')) return nothing('climbs-out');
  return location === '' || /[\\\0]/.test(location) ? nothing('no-file') : null;
}

/** Looks each step of a location up without following a link. */
export function locate(folder: string, location: string): Found {
  const fault = textFault(location);
  if (fault !== null) return fault;
  const steps = location.split('/').filter((s) => s !== '' && s !== '.');
  let at = folder;
  for (const [i, step] of steps.entries()) {
    at = join(at, step);
    const stat = lstatSync(at, { throwIfNoEntry: false });
    if (stat === undefined) return nothing('missing');
    if (stat.isSymbolicLink()) return nothing('link');
    if (i === steps.length - 1 && stat.isFile()) return { found: 'inside', sizeBytes: stat.size };
    if (!stat.isDirectory()) return nothing('no-file');
  }
  return nothing('no-file');
}

const EXTERNAL = 1;
const wholeNumber = (text: string | undefined): number =>
  text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;

/** null where the tensor's numbers are in the model file itself. A number that is none comes out as -1. */
export function externalOf(folder: string, tensor: TensorProto): ExternalFacts | null {
  if (tensor.dataLocation !== EXTERNAL && tensor.externalData.length === 0) return null;
  const entries = new Map(tensor.externalData.map((e) => [e.key, e.value]));
  const location = entries.get('location') ?? '';
  const [offset, length] = [entries.get('offset'), entries.get('length')];
  // JSON has no NaN
  const number = (text: string): number => (Number.isNaN(wholeNumber(text)) ? -1 : wholeNumber(text));
  return {
    tensor: tensor.name,
    location,
    offset: offset === undefined ? 0 : number(offset),
    length: length === undefined ? null : number(length),
    ...locate(folder, location),
  };
}
