import {
  type Explanation,
  either,
  INDEPENDENT,
  interval,
  LARGE,
  RANDOMISED,
  READ_ONCE,
  says,
} from './explanation.ts';

const once = [INDEPENDENT, RANDOMISED, READ_ONCE];
const variation = 'at least one arm varies';
const two = 'both arms have two units or more';

/** By what was asked for. */
const POWER: Readonly<Record<string, Explanation['sentence']>> = {
  n: says(
    '{nControl} units in the control arm find an effect of {effect} with power {power}.',
    '{nControl} Einheiten im Kontrollarm finden einen Effekt von {effect} mit Power {power}.',
  ),
  power: says(
    '{n} units in the control arm find an effect of {effect} with power {power}.',
    '{n} Einheiten im Kontrollarm finden einen Effekt von {effect} mit Power {power}.',
  ),
  effect: says(
    'With power {power}, {n} units in the control arm find an effect of {effect}.',
    'Mit Power {power} finden {n} Einheiten im Kontrollarm einen Effekt von {effect}.',
  ),
};
const NOTHING = { en: '', de: '' };

export const FIXED_HORIZON_WORDS: Readonly<Record<string, Explanation>> = {
  'mean-difference': {
    horizon: 'fixed',
    formula: 't = (m₁ − m₀)/√(s₁²/n₁ + s₀²/n₀), Satterthwaite degrees of freedom',
    reference: 'Welch, Biometrika 34 (1947)',
    use: 'compare the means of two arms once, at the end that was planned',
    avoid:
      'looks before the end (asymptotic-cs), clustered units (cluster-mean-difference), ratios of sums (ratio-metric)',
    assumptions: [...once, LARGE],
    checked: [two, variation],
    sentence: interval('Treatment less control is', 'Behandlung minus Kontrolle beträgt'),
  },
  'relative-lift': {
    horizon: 'fixed',
    formula: 'm₁/m₀ − 1, variance by the delta method; linear or log scale',
    reference: 'Deng, Knoblich & Lu, KDD 2018',
    use: 'say by how many per cent the mean moves',
    avoid: 'a control mean near 0; looks before the end (asymptotic-cs with relative)',
    assumptions: [...once, LARGE, 'the control mean is many standard errors away from 0'],
    checked: [two, variation, 'the control mean is not 0 (log scale: both means above 0)'],
    sentence: interval('The relative lift is', 'Die relative Änderung beträgt'),
  },
  'ratio-metric': {
    horizon: 'fixed',
    formula: 'R = Σnum/Σden, unit variance s_N²/D̄² − 2cov·N̄/D̄³ + N̄²s_D²/D̄⁴, then Welch',
    reference: 'Deng, Knoblich & Lu, KDD 2018, eq. 9',
    use: 'a ratio of sums whose denominator is not the unit of assignment: clicks over sessions of a user',
    avoid: 'treatments that move the denominator itself: look at it as a metric of its own',
    assumptions: [...once, LARGE, 'numerator and denominator are of one unit of assignment'],
    checked: [two, 'denominators do not add up to 0', 'some unit varies'],
    sentence: interval('The ratio differs by', 'Die Quote unterscheidet sich um'),
  },
  cuped: {
    horizon: 'fixed',
    formula: 'Welch on y − θx, θ = cov(y, x)/var(x) of both arms together',
    reference: 'Deng, Xu, Kohavi & Walker, WSDM 2013',
    use: 'narrow the interval with a covariate from before the experiment, best the metric itself',
    avoid: 'covariates that the treatment can move: they take a part of the effect away',
    assumptions: [...once, LARGE, 'the covariate was measured before exposure'],
    checked: [two, 'the covariate varies', 'it was measured before exposure, where both times are given'],
    sentence: interval(
      'Adjusted by the covariate, treatment less control is',
      'Um die Kovariate bereinigt beträgt Behandlung minus Kontrolle',
    ),
  },
  'proportion-difference': {
    horizon: 'fixed',
    formula: 'pooled z; interval of Wald, Newcombe (method 10) or Agresti-Caffo',
    reference: 'Newcombe, Statistics in Medicine 17 (1998)',
    use: 'compare two rates of yes-or-no outcomes, one a unit',
    avoid: 'several trials of one unit (ratio-metric); looks before the end (e-value-bernoulli)',
    assumptions: once,
    checked: ['no more successes than trials', 'not all trials ended alike'],
    sentence: interval('The rate differs by', 'Die Rate unterscheidet sich um'),
  },
  'proportion-interval': {
    horizon: 'fixed',
    formula: 'Wilson score, or Clopper-Pearson by beta quantiles',
    reference: 'Wilson, JASA 22 (1927); Clopper & Pearson, Biometrika 26 (1934)',
    use: 'one rate with its interval',
    avoid: 'looks while trials come in (bernoulli-cs)',
    assumptions: [INDEPENDENT, READ_ONCE],
    checked: ['no more successes than trials', 'at least one trial'],
    sentence: says(
      'The rate is {estimate}, between {lower} and {upper}.',
      'Die Rate ist {estimate}, zwischen {lower} und {upper}.',
    ),
  },
  'cluster-mean-difference': {
    horizon: 'fixed',
    formula: 'least squares of y on treatment, CR1 variance by cluster, t with G − 1 degrees of freedom',
    reference: 'Liang & Zeger, Biometrika 73 (1986); Cameron & Miller, JHR 50 (2015)',
    use: 'rows that share a unit of assignment: visits of users, users of shops',
    avoid: 'fewer than some 30 clusters: the interval is too narrow',
    assumptions: ['clusters are independent of each other', RANDOMISED, READ_ONCE],
    checked: ['two clusters or more', 'the treatment varies'],
    sentence: interval(
      'Counted by cluster, treatment less control is',
      'Nach Gruppen gerechnet beträgt Behandlung minus Kontrolle',
    ),
  },
  'quantile-difference': {
    horizon: 'fixed',
    formula: 'type 7 quantiles, variance from the order statistics at q ± z√(q(1−q)/n), then Welch',
    reference: 'Deng, Knoblich & Lu, KDD 2018, section 4.2',
    use: 'latencies and other metrics whose tail matters',
    avoid: 'discrete metrics with many equal values; looks before the end (quantile-cs)',
    assumptions: [...once, 'the density at the quantile is above 0 and smooth'],
    checked: ['enough values in each arm for this quantile'],
    sentence: interval('The quantile differs by', 'Das Quantil unterscheidet sich um'),
  },
  'quantile-interval': {
    horizon: 'fixed',
    formula: 'order statistics whose binomial tails are at most α/2',
    reference: 'Conover, Practical Nonparametric Statistics (1999), section 3.2',
    use: 'one quantile with an interval that needs no law',
    avoid: 'looks while values come in (quantile-cs)',
    assumptions: [INDEPENDENT, READ_ONCE],
    checked: ['a side without an order statistic is left open'],
    sentence: says(
      'The quantile is {estimate}, between {lower} and {upper}.',
      'Das Quantil ist {estimate}, zwischen {lower} und {upper}.',
    ),
  },
  'non-inferiority': {
    horizon: 'fixed',
    formula: 'one-sided Welch test of H₀: worse by at least the margin',
    reference: 'Schuirmann, J. Pharmacokinet. Biopharm. 15 (1987); FDA guidance on non-inferiority (2016)',
    use: 'guardrails: show that a change does not harm by more than was agreed',
    avoid: 'margins chosen after the data; looks before the end (the ship rule with always-valid bounds)',
    assumptions: [...once, LARGE, 'the margin was fixed beforehand'],
    checked: [two, variation, 'the margin is not negative'],
    sentence: either(
      'nonInferior',
      says(
        'The effect is {effect}, shown to be no worse than the margin {margin} (bound {bound}, p = {p}).',
        'Der Effekt ist {effect}, nachweislich nicht schlechter als die Grenze {margin} (Schranke {bound}, p = {p}).',
      ),
      says(
        'The effect is {effect}; it is not shown to be within the margin {margin} (bound {bound}, p = {p}).',
        'Der Effekt ist {effect}; dass er innerhalb der Grenze {margin} liegt, ist nicht gezeigt (Schranke {bound}, p = {p}).',
      ),
    ),
  },
  equivalence: {
    horizon: 'fixed',
    formula: 'two one-sided Welch tests at ±margin; p is the larger',
    reference: 'Schuirmann, J. Pharmacokinet. Biopharm. 15 (1987)',
    use: 'show that two arms differ by less than matters: a migration that must change nothing',
    avoid: 'reading p > 0.05 of a test of difference as "equal": this is the test for that',
    assumptions: [...once, LARGE, 'the margin was fixed beforehand'],
    checked: [two, variation, 'the margin is not negative'],
    sentence: either(
      'equivalent',
      says(
        'The effect {effect} is shown to be within ± {margin} (p = {p}).',
        'Der Effekt {effect} liegt nachweislich innerhalb von ± {margin} (p = {p}).',
      ),
      says(
        'The effect {effect} is not shown to be within ± {margin} (p = {p}).',
        'Dass der Effekt {effect} innerhalb von ± {margin} liegt, ist nicht gezeigt (p = {p}).',
      ),
    ),
  },
  srm: {
    horizon: 'fixed',
    formula: 'Pearson χ² of counts against planned shares',
    reference: 'Fabijan et al., KDD 2019',
    use: 'before any result: do the arms have the sizes that were planned?',
    avoid: 'looks while units come in (srm-sequential)',
    assumptions: [INDEPENDENT, READ_ONCE],
    checked: ['shares add up to 1', 'some unit was counted'],
    sentence: says(
      'Arm sizes against the plan: chi-square {chiSquare}, p = {p}; below 0.001 the assignment or its log is broken.',
      'Armgrößen gegen den Plan: Chi-Quadrat {chiSquare}, p = {p}; unter 0,001 ist die Zuteilung oder ihr Protokoll defekt.',
    ),
  },
  multiplicity: {
    horizon: 'fixed',
    formula: 'step-down (Holm), step-up (Hochberg, Benjamini-Hochberg, -Yekutieli) or α/m (Bonferroni)',
    reference: 'Holm 1979; Benjamini & Hochberg, JRSS B 57 (1995)',
    use: 'several metrics, segments or arms tested at once',
    avoid: 'Hochberg and Benjamini-Hochberg under negative dependence',
    assumptions: ['each p value is valid alone', 'all tests made are given, not the good ones'],
    checked: ['p values are in [0, 1]'],
    sentence: says(
      'After the {procedure} correction the p values are {adjusted}; rejected: {rejected}.',
      'Nach der Korrektur {procedure} sind die p-Werte {adjusted}; verworfen: {rejected}.',
    ),
  },
  'power-means': {
    horizon: 'fixed',
    formula: 'noncentral t with n₀ + n₁ − 2 degrees of freedom',
    reference: 'Cohen, Statistical Power Analysis (1988), chapter 2',
    use: 'plan the sample, or say what the planned sample can find',
    avoid: 'power computed from the effect that was found',
    assumptions: [INDEPENDENT, 'both arms have the given standard deviation'],
    checked: ['exactly one of n, power and effect is asked for'],
    sentence: (result, request) => POWER[String(request.solve)]?.(result, request) ?? NOTHING,
  },
  'power-proportions': {
    horizon: 'fixed',
    formula: '((z_{α/2}√(2p̄q̄) + z_β√(p₀q₀ + p₁q₁))/(p₁ − p₀))²',
    reference: 'Fleiss, Statistical Methods for Rates and Proportions (1981)',
    use: 'plan the sample of a test of two rates',
    avoid: 'rates so small that fewer than 5 events are expected',
    assumptions: [INDEPENDENT],
    checked: ['the two rates differ'],
    sentence: says(
      '{nControl} units an arm find the difference between {control} and {treatment} with power {power}.',
      '{nControl} Einheiten je Arm finden den Unterschied zwischen {control} und {treatment} mit Power {power}.',
    ),
  },
  'meta-analysis': {
    horizon: 'fixed',
    formula: 'inverse-variance weights; DerSimonian-Laird between-study variance',
    reference: 'DerSimonian & Laird, Controlled Clinical Trials 7 (1986)',
    use: 'put effects of several experiments together',
    avoid: 'experiments chosen because of their results',
    assumptions: ['estimates are independent', 'their variances are known'],
    checked: ['variances are above 0'],
    sentence: says(
      'Together the effect is {fixedEffect} (se {fixedSe}); with differences between studies {randomEffect} (se {randomSe}).',
      'Zusammen ist der Effekt {fixedEffect} (SE {fixedSe}); mit Unterschieden zwischen Studien {randomEffect} (SE {randomSe}).',
    ),
  },
};
