import { type Explanation, either, INDEPENDENT, interval, LARGE, RANDOMISED, says } from './explanation.ts';

const peek = 'may be looked at as often as one likes, and stopped at any look';
const last = says(
  'At the last look p = {p.-1}: the evidence so far, valid at every look.',
  'Beim letzten Blick p = {p.-1}: der Beleg bis hierher, gültig bei jedem Blick.',
);

export const SEQUENTIAL_WORDS: Readonly<Record<string, Explanation>> = {
  'srm-sequential': {
    horizon: 'always-valid',
    formula: 'E = B(kw + x)/B(kw)/∏w^x, Dirichlet mixture against the planned shares',
    reference: 'Lindon & Malek, NeurIPS 2022, eq. 7',
    use: 'watch the sample ratio from the first unit on',
    avoid: 'shares that change on purpose while it runs: start it anew',
    assumptions: [INDEPENDENT, 'planned shares stay as they are', peek],
    checked: ['shares add up to 1', 'each look has all arms'],
    sentence: either(
      'reject',
      says(
        'The arm sizes do not follow the plan (p = {p.-1}): the assignment or its log is broken.',
        'Die Armgrößen folgen nicht dem Plan (p = {p.-1}): die Zuteilung oder ihr Protokoll ist defekt.',
      ),
      says(
        'The arm sizes agree with the plan so far (p = {p.-1}).',
        'Die Armgrößen stimmen bisher mit dem Plan überein (p = {p.-1}).',
      ),
    ),
  },
  msprt: {
    horizon: 'always-valid',
    formula: 'E = √(V/(V+τ²))·exp(τ²θ̂²/(2V(V+τ²)))',
    reference: 'Robbins, Ann. Math. Stat. 41 (1970); Johari, Koomen, Pekelis & Walsh, KDD 2017',
    use: 'estimates with known variance that come in over time',
    avoid: 'variances estimated from a few units; a τ² chosen from the data',
    assumptions: [
      'estimates are normal with independent increments',
      'variances are known or from large samples',
      peek,
    ],
    checked: ['variances and τ² are above 0'],
    sentence: last,
  },
  'asymptotic-cs': {
    horizon: 'always-valid',
    formula: 'σ√(2(Nρ²+1)/(N²ρ²)·ln(√(Nρ²+1)/α)), ρ² tuned to be tightest at N* units',
    reference: 'Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas, Annals of Statistics 52 (2024)',
    use: 'means and lifts of two arms, looked at at any time',
    avoid:
      'fewer than 200 units an arm or fewer than 20 expected events; rows that share a cluster; autocorrelated periods',
    assumptions: [INDEPENDENT, RANDOMISED, LARGE, peek],
    checked: ['at least one arm varies', 'the control mean is not 0, when relative'],
    sentence: interval('Valid at every look, the effect is', 'Gültig bei jedem Blick beträgt der Effekt'),
  },
  'bounded-mean-cs': {
    horizon: 'always-valid',
    formula: 'predictable plug-in empirical Bernstein, or hedged betting',
    reference: 'Waudby-Smith & Ramdas, JRSS B 86 (2024), eq. 15, 25-26',
    use: 'the mean of values with a known range, exact for every sample size',
    avoid: 'a range guessed from the data',
    assumptions: [
      'values lie in the range',
      'each value has the same conditional mean given those before',
      peek,
    ],
    checked: ['every value is inside the range', 'positions asked for exist'],
    sentence: says(
      'After the last position asked for, the mean lies between {lower.-1} and {upper.-1}.',
      'Nach der letzten angefragten Position liegt der Mittelwert zwischen {lower.-1} und {upper.-1}.',
    ),
  },
  'bernoulli-cs': {
    horizon: 'always-valid',
    formula: '{q: B(a+x, b+n−x)/B(a, b)·q^−x(1−q)^−(n−x) < 1/α}',
    reference: 'Howard, Ramdas, McAuliffe & Sekhon, Annals of Statistics 49 (2021), section 4.3',
    use: 'a rate watched from the first trial on',
    avoid: 'a rate that drifts',
    assumptions: ['trials are independent with one rate', peek],
    checked: ['no more successes than trials'],
    sentence: says(
      'The rate lies between {lower} and {upper}, at this and every other look.',
      'Die Rate liegt zwischen {lower} und {upper}, bei diesem und jedem anderen Blick.',
    ),
  },
  'quantile-cs': {
    horizon: 'always-valid',
    formula: 'order statistics at q ± 0.85√((ln(1 + ln(n/t_min)) + C)/n)',
    reference: 'Howard & Ramdas, Bernoulli 28 (2022), theorem 2',
    use: 'a latency quantile watched while requests come in',
    avoid: 'fewer than t_min values; extreme quantiles of small samples (open sides)',
    assumptions: [INDEPENDENT, 'all values follow one law', peek],
    checked: ['at least t_min values', 'a side without an order statistic is left open'],
    sentence: says(
      'The quantile is {estimate}, between {lower} and {upper} at this and every other look.',
      'Das Quantil ist {estimate}, zwischen {lower} und {upper} bei diesem und jedem anderen Blick.',
    ),
  },
  'group-sequential': {
    horizon: 'planned-looks',
    formula: 'bounds by recursive integration so that the crossing probabilities spend f(t) of α',
    reference: 'Lan & DeMets, Biometrika 70 (1983); Jennison & Turnbull (2000), chapter 7',
    use: 'a few looks planned beforehand: nearly the power of one look',
    avoid: 'looks that were not planned, or timed by the results',
    assumptions: ['information fractions are those planned', 'estimates have independent increments'],
    checked: ['information increases', 'γ is given where the spending function needs it'],
    sentence: says(
      'At the last look the test stops beyond {bounds.-1}; {alphaSpent.-1} of alpha is spent by then.',
      'Beim letzten Blick stoppt der Test jenseits von {bounds.-1}; bis dahin sind {alphaSpent.-1} von Alpha verbraucht.',
    ),
  },
  'e-value-poisson': {
    horizon: 'always-valid',
    formula: 'conditional on totals: Beta(kρ, k(1−ρ)) mixture, ρ the exposure share of treatment',
    reference: 'Lindon & Kallus, "Rapid regression detection in software deployments" (2024)',
    use: 'errors or orders counted in two arms, drifting together',
    avoid: 'events that come in bursts from one unit',
    assumptions: ['events are Poisson', 'both arms drift together', peek],
    checked: ['both arms have the same looks', 'some event happened'],
    sentence: says(
      'The rate ratio is {rateRatio}, between {lower} and {upper}; p = {p.-1}, valid at every look.',
      'Das Ratenverhältnis ist {rateRatio}, zwischen {lower} und {upper}; p = {p.-1}, gültig bei jedem Blick.',
    ),
  },
  'e-value-bernoulli': {
    horizon: 'always-valid',
    formula: '∏ law(x_a; θ̂_a)/law(x_a; θ̂), each θ̂ from the blocks before',
    reference: 'Turner, Ly & Grünwald, JSPI 230 (2024)',
    use: 'two rates compared block by block, exact for any sample',
    avoid: 'blocks of changing size',
    assumptions: ['trials are independent', 'both arms have the planned trials in each block', peek],
    checked: ['no more successes than trials in a block', 'positions asked for exist'],
    sentence: last,
  },
};
