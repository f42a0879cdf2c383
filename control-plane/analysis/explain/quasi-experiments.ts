import { type Explanation, interval, NO_SPILLOVER, says } from './explanation.ts';

const parallel = 'without treatment both groups would have moved in parallel';
const nothingElse = 'nothing else happened to the treated unit at that time';
const panel = ['rows have one length', 'periods are left before and after the change'];

export const QUASI_EXPERIMENT_WORDS: Readonly<Record<string, Explanation>> = {
  'synthetic-control': {
    horizon: 'fixed',
    formula:
      'w ≥ 0, Σw = 1 minimising the pre-period (or V-weighted predictor) distance; effect = treated − Σw·donor',
    reference: 'Abadie & Gardeazabal, AER 93 (2003); Abadie, Diamond & Hainmueller, JASA 105 (2010)',
    use: 'one treated unit, a long pre-period and some dozen donors',
    avoid: 'a poor pre-period fit (see preRmse beside the effect); donors that the change reaches too',
    assumptions: [NO_SPILLOVER, nothingElse, 'the treated unit lies among the donors'],
    checked: [...panel, 'weights are optimal, not where a descent stopped'],
    sentence: says(
      'The mean effect after the change is {att}; before it the fit misses by {preRmse} (root mean square).',
      'Der mittlere Effekt nach der Änderung ist {att}; davor verfehlt die Anpassung um {preRmse} (quadratisches Mittel).',
    ),
  },
  'augmented-synthetic-control': {
    horizon: 'fixed',
    formula: 'SC weights + Xcᵀ(XcXcᵀ + λI)⁻¹(x₁ − Xc·w)',
    reference: 'Ben-Michael, Feller & Rothstein, JASA 116 (2021), lemma 1',
    use: 'a synthetic control whose pre-period fit is imperfect',
    avoid: 'a λ near 0 with few periods: weights extrapolate far',
    assumptions: [NO_SPILLOVER, nothingElse, 'the outcome is near linear in the pre-period outcomes'],
    checked: panel,
    sentence: says(
      'The mean effect after the change is {att}; before it the fit misses by {preRmse}.',
      'Der mittlere Effekt nach der Änderung ist {att}; davor verfehlt die Anpassung um {preRmse}.',
    ),
  },
  'placebo-test': {
    horizon: 'fixed',
    formula: 'post RMSPE/pre RMSPE of every unit; p = share with a ratio at least the treated one’s',
    reference: 'Abadie, Diamond & Hainmueller, JASA 105 (2010)',
    use: 'is the treated unit’s change unusual among units that were not treated?',
    avoid: 'fewer than 20 units at 5 %: p cannot be small enough',
    assumptions: ['units are exchangeable without the change'],
    checked: [...panel, 'three units or more'],
    sentence: says(
      'Among all units, the treated one’s change has p = {p}.',
      'Unter allen Einheiten hat die Änderung der behandelten p = {p}.',
    ),
  },
  'conformal-test': {
    horizon: 'fixed',
    formula:
      'fit on all periods under the null; p = share of cyclic shifts of |residuals| with as large a post sum',
    reference: 'Chernozhukov, Wüthrich & Zhu, JASA 116 (2021), moving blocks',
    use: 'test an effect path with few donors, keeping autocorrelation',
    avoid: 'short panels: p is at least 1/T',
    assumptions: ['residuals are stationary', nothingElse],
    checked: panel,
    sentence: says(
      'An effect of {effect=0} in every period after the change has p = {p}.',
      'Ein Effekt von {effect=0} in jeder Periode nach der Änderung hat p = {p}.',
    ),
  },
  'synthetic-did': {
    horizon: 'fixed',
    formula:
      'difference in differences with unit weights ω (ridge ζ²) and time weights λ, both with intercepts; `placebo`: the error of as many controls taken as if treated, every control in turn',
    reference: 'Arkhangelsky, Athey, Hirshberg, Imbens & Wager, AER 111 (2021), algorithms 1, 3 and 4',
    use: 'panels where neither levels match nor all trends are parallel',
    avoid:
      'one pre-period; the jackknife’s error as if it were exact: with fixed weights it is somewhat small, see below (`placebo` comes nearer, where errors have one variance over units)',
    assumptions: [NO_SPILLOVER, 'a weighted set of controls moves in parallel'],
    checked: [...panel, 'a treated unit is left', 'placebos have more controls than treated units'],
    sentence: says(
      'The effect is {estimate}; plain difference in differences would say {didEstimate}.',
      'Der Effekt ist {estimate}; einfache Differenz der Differenzen ergäbe {didEstimate}.',
    ),
  },
  did: {
    horizon: 'fixed',
    formula: 'two-way fixed effects; CR1 by unit',
    reference: 'Angrist & Pischke, Mostly Harmless Econometrics (2009), chapter 5',
    use: 'groups before and after, treated at one time',
    avoid: 'treatment at different times with effects that change (callaway-santanna)',
    assumptions: [parallel, NO_SPILLOVER],
    checked: [
      'no unit twice at one time',
      'treatment varies within units and times',
      'degrees of freedom are left',
    ],
    sentence: interval('The effect on the treated is', 'Der Effekt auf die Behandelten beträgt'),
  },
  'event-study': {
    horizon: 'fixed',
    formula: 'one dummy an event time but the reference, two-way fixed effects',
    reference: 'Freyaldenhoven, Hansen & Shapiro, AER 109 (2019)',
    use: 'see effects by time since treatment, and trends before it',
    avoid: 'staggered treatment with effects that differ by cohort (callaway-santanna)',
    assumptions: [parallel, NO_SPILLOVER],
    checked: ['no unit twice at one time', 'the reference event time is there'],
    sentence: says(
      'Effects at event times {eventTime}: {effect}.',
      'Effekte zu den Ereigniszeiten {eventTime}: {effect}.',
    ),
  },
  'callaway-santanna': {
    horizon: 'fixed',
    formula:
      'ATT(g, t) against never- or not-yet-treated; influence functions with the weights’ own estimation',
    reference: 'Callaway & Sant’Anna, J. Econometrics 225 (2021), eq. 2.9, theorem 4',
    use: 'treatment at different times with effects that may differ',
    avoid: 'no never- or not-yet-treated units left',
    assumptions: [parallel, 'units do not foresee the treatment', NO_SPILLOVER],
    checked: ['no unit twice at one time', 'a control unit exists'],
    sentence: says(
      'Over all cohorts and periods the effect on the treated is {overall} (se {overallSe}).',
      'Über alle Kohorten und Perioden ist der Effekt auf die Behandelten {overall} (SE {overallSe}).',
    ),
  },
  switchback: {
    horizon: 'fixed',
    formula: 'mean over t ≥ m of y(1{all treated}/p^b − 1{none}/(1−p)^b); p over all assignments',
    reference: 'Bojinov, Simchi-Levi & Zhao, Management Science 69 (2023)',
    use: 'markets where units share what is allotted: prices, dispatch',
    avoid: 'a carry-over longer than the burn-in m; few blocks',
    assumptions: ['carry-over lasts at most m periods', 'blocks were assigned by the stated probability'],
    checked: ['blocks cover the periods', 'assignments can be enumerated'],
    sentence: says(
      'The effect is {effect}, p = {p} over {assignments} assignments.',
      'Der Effekt ist {effect}, p = {p} über {assignments} Zuteilungen.',
    ),
  },
  'permutation-test': {
    horizon: 'fixed',
    formula: 'share of all splits with a difference at least as large, the observed one counted',
    reference: 'Fisher, The Design of Experiments (1935); Good (2005)',
    use: 'small samples of any law',
    avoid: 'samples with more than 10⁷ splits (mean-difference)',
    assumptions: ['units were split at random', 'nothing is assumed of the law'],
    checked: ['splits can be enumerated'],
    sentence: says(
      'The means differ by {effect}, p = {p} over all {assignments} splits.',
      'Die Mittelwerte unterscheiden sich um {effect}, p = {p} über alle {assignments} Aufteilungen.',
    ),
  },
  'geo-did': {
    horizon: 'fixed',
    formula: '(post − pre of treatment) − (post − pre of control) by pair; sign flips, and one-sample t',
    reference: 'Kerman, Wang & Vaver, "Estimating ad effectiveness using geo experiments" (Google 2017)',
    use: 'paired regions, one of each pair treated at random',
    avoid: 'fewer than 6 pairs at 5 %: the flips’ p cannot be small enough',
    assumptions: ['treatment was drawn within pairs', NO_SPILLOVER],
    checked: panel,
    sentence: interval('The mean effect of a pair is', 'Der mittlere Effekt eines Paares beträgt'),
  },
};
