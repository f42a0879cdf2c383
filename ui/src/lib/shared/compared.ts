/** One thing of everything that is compared; a cell is undefined where one of them has no such thing. */
export interface ComparedRow {
  readonly what: string;
  readonly cells: readonly (string | undefined)[];
  readonly differs: boolean;
}
