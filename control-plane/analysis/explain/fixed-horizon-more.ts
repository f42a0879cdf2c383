import {
  type Explanation,
  INDEPENDENT,
  interval,
  LARGE,
  RANDOMISED,
  READ_ONCE,
  says,
} from './explanation.ts';

export const FIXED_HORIZON_MORE_WORDS: Readonly<Record<string, Explanation>> = {
  'regression-adjustment': {
    horizon: 'fixed',
    formula:
      'effect = Σ over arms of ±(ȳ + β̂ᵀ(x̄ − x̄_arm)), β̂ by least squares within the arm, x̄ over both; HC2 from rows, analytic variance from moments; superpopulation: + (β̂₁ − β̂₀)ᵀS(β̂₁ − β̂₀)/N',
    reference:
      'Lin, Annals of Applied Statistics 7 (2013); Negi & Wooldridge, Econometric Reviews 40 (2021); MacKinnon & White, Journal of Econometrics 29 (1985)',
    use: 'narrow the interval with several covariates from before the experiment, whose weight may differ by arm',
    avoid:
      'covariates that the treatment can move: they take a part of the effect away; covariates by the dozen with few units (more than a twentieth of an arm)',
    assumptions: [
      INDEPENDENT,
      RANDOMISED,
      READ_ONCE,
      LARGE,
      'the covariates were measured before exposure; they need not be linear in the outcome',
    ],
    checked: [
      'each arm has more than k + 2 units for k covariates',
      'no covariate is constant within an arm or a combination of the others',
      'each was measured before exposure, where the times are given',
    ],
    sentence: interval(
      'Adjusted by the covariates, treatment less control is',
      'Um die Kovariaten bereinigt beträgt Behandlung minus Kontrolle',
    ),
  },
  roi: {
    horizon: 'fixed',
    formula:
      'roi = G/C − 1; Fieller: all r with (G − rC)² ≤ z²(v_G − 2r·c + r²v_C); delta: r ± z√(v_G − 2r·c + r²v_C)/C; p of G = C',
    reference: 'Fieller, JRSS B 16 (1954); Willan & O’Brien, Health Economics 5 (1996)',
    use: 'what an investment returned, where gain and cost are both estimated (effect and se² of any method here)',
    avoid:
      'a cost that is not told from 0: read the net gain; the delta interval where the cost’s relative error is above a tenth',
    assumptions: [
      'both estimates are near normal, with the variances and the covariance given',
      'gain and cost are incremental, in the same money and time',
      READ_ONCE,
    ],
    checked: [
      'the cost is above 0 and, for Fieller, told from 0 at the level asked',
      'the covariance is possible with the two variances',
    ],
    sentence: says(
      'Return on investment is {roi}, between {lower} and {upper}; net gain {net} (p of break-even = {p}).',
      'Die Kapitalrendite beträgt {roi}, zwischen {lower} und {upper}; Nettogewinn {net} (p der Gewinnschwelle = {p}).',
    ),
  },
};
