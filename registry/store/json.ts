import { rawNumber } from '@assay/domain/exact-json';

/** An int8 of the database (text) as a bare JSON number. */
export const int = (digits: unknown): unknown => rawNumber(String(digits));

/** A metric's value: NaN is the text "NaN" and -0 stays -0. */
export const double = (value: unknown, isNan: unknown): unknown => {
  if (isNan === true) return 'NaN';
  return Object.is(value, -0) ? rawNumber('-0.0') : value;
};
