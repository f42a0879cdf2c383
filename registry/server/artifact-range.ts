export type AskedRange = { readonly start: number; readonly end: number } | 'unsatisfiable' | undefined;

/** One range of a file (RFC 9110, 14.1.2). Several ranges, or a header that is none, get the whole file. */
export const rangeOf = (header: string | undefined, size: number): AskedRange => {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== '' && last !== '' && Number(last) < start) return undefined;
  return start > end ? 'unsatisfiable' : { start, end };
};
