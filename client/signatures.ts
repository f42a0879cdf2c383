import type { Family } from '@assay/domain/families/family';

/** One row of features, in the order of control-plane/domain/families. */
export type Row = readonly number[];
type Rows = readonly Row[];
type Numbers = readonly number[];

/** What each family takes and gives, by the names of its signature; everything has as many rows as the first input. */
export interface Signatures {
  readonly ranking: {
    readonly inputs: {
      readonly features: Rows;
      readonly item_id: readonly (number | bigint)[];
      readonly in_stock: readonly boolean[];
    };
    /** Best first. */
    readonly outputs: { readonly item_id: readonly bigint[]; readonly score: Numbers };
  };
  readonly forecasting: {
    readonly inputs: { readonly features: Rows; readonly level: Numbers };
    readonly outputs: { readonly demand: Numbers };
  };
  readonly pricing: {
    readonly inputs: {
      readonly context: Rows;
      readonly reference_price_cents: Numbers;
      readonly cost_cents: Numbers;
    };
    readonly outputs: { readonly price_cents: Numbers; readonly purchase_probability: Numbers };
  };
  readonly bidding: {
    readonly inputs: { readonly features: Rows; readonly click_value_cents: Numbers };
    readonly outputs: { readonly bid_cents: Numbers };
  };
  readonly vision: {
    /** 64 inks an image, row by row. */
    readonly inputs: { readonly image: Rows };
    readonly outputs: {
      readonly label: readonly bigint[];
      readonly confidence: Numbers;
      /** True: a person decides. */
      readonly review: readonly boolean[];
    };
  };
}

export type Inputs<F extends Family> = Signatures[F]['inputs'];
export type Outputs<F extends Family> = Signatures[F]['outputs'];
