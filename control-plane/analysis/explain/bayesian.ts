import { type Explanation, INDEPENDENT, says } from './explanation.ts';

const posterior =
  'the prior was chosen before the data; looks change the posterior, not its meaning, but its error rate under peeking is not bounded';

export const BAYESIAN_WORDS: Readonly<Record<string, Explanation>> = {
  'beta-binomial': {
    horizon: 'none',
    formula: 'Beta(a + successes, b + failures) an arm; P(best) and expected loss by quadrature',
    reference:
      'Gelman et al., Bayesian Data Analysis (2013), section 2.4; Stucchio, "Bayesian A/B testing at VWO" (2015)',
    use: 'which of several rates is best, and what a wrong choice costs',
    avoid: 'a stated false-positive rate under peeking (e-value-bernoulli)',
    assumptions: [INDEPENDENT, posterior],
    checked: ['two arms or more', 'no more successes than trials'],
    sentence: says(
      'Probabilities of being best, in the order of the arms: {probabilityBest}.',
      'Wahrscheinlichkeiten, der beste Arm zu sein, in der Reihenfolge der Arme: {probabilityBest}.',
    ),
  },
  'normal-posterior': {
    horizon: 'none',
    formula:
      'normal likelihood with variance s₀²/n₀ + s₁²/n₁, conjugate normal or flat prior of the difference',
    reference: 'Gelman et al., Bayesian Data Analysis (2013), section 2.5',
    use: 'the probability that treatment is better, with what is known beforehand',
    avoid: 'a stated false-positive rate under peeking (asymptotic-cs)',
    assumptions: [INDEPENDENT, 'the sample is large enough for a normal likelihood', posterior],
    checked: ['at least one arm varies', 'the prior variance is above 0'],
    sentence: says(
      'The difference lies between {lower} and {upper}; treatment is better with probability {probabilityBetter}.',
      'Der Unterschied liegt zwischen {lower} und {upper}; die Behandlung ist mit Wahrscheinlichkeit {probabilityBetter} besser.',
    ),
  },
  'thompson-probabilities': {
    horizon: 'none',
    formula: 'allocation = ε + (1 − Kε)·P(best), by quadrature',
    reference: 'Thompson, Biometrika 25 (1933); Russo et al., FnT ML 11 (2018)',
    use: 'split traffic by the probability of being best, with a floor that keeps every arm estimable',
    avoid:
      'comparing arms afterwards by plain means: they are biased by the allocation (off-policy with the logged propensities)',
    assumptions: ['posteriors are normal and independent'],
    checked: ['the floor is at most 1/K'],
    sentence: says('Traffic by arm: {allocation}.', 'Verkehr nach Arm: {allocation}.'),
  },
  'bayes-linear': {
    horizon: 'none',
    formula: 'S = (aI + bXᵀX)⁻¹, m = bSXᵀy, predictive variance 1/b + pᵀSp',
    reference: 'Bishop, Pattern Recognition and Machine Learning (2006), eq. 3.53-3.59',
    use: 'rewards that are linear in the context',
    avoid: 'rewards far from linear; unscaled features',
    assumptions: ['the mean is linear in x', 'noise is normal with the given precision'],
    checked: ['rows have one length', 'precisions are above 0'],
    sentence: says(
      'Predicted means: {predictiveMean}, standard deviations {predictiveSd}.',
      'Vorhergesagte Mittelwerte: {predictiveMean}, Standardabweichungen {predictiveSd}.',
    ),
  },
  linucb: {
    horizon: 'none',
    formula: 'A = I + Σxxᵀ, θ = A⁻¹Σrx, score = pᵀθ + width·√(pᵀA⁻¹p)',
    reference: 'Li, Chu, Langford & Schapire, WWW 2010, algorithm 1',
    use: 'choose an arm for a context, optimistic where little is known',
    avoid: 'a stated error rate: the width is a knob, not a level',
    assumptions: ['each arm’s reward is linear in the context'],
    checked: ['actions are arms', 'contexts have one length'],
    sentence: says(
      'Arm {choice} is chosen; scores in the order of the arms: {score}.',
      'Gewählt wird Arm {choice}; Werte in der Reihenfolge der Arme: {score}.',
    ),
  },
  'off-policy': {
    horizon: 'fixed',
    formula:
      'w = target/propensity; IPS = mean wr, SNIPS = Σwr/Σw, DR = DM + mean w(r − q); each ± z·se, SNIPS by the delta method',
    reference:
      'Swaminathan & Joachims, NeurIPS 2015; Dudík, Langford & Li, ICML 2011; Owen, Monte Carlo theory, methods and examples (2013), section 9.2',
    use: 'what another policy would have earned, before it gets traffic',
    avoid:
      'propensities that were not logged at the time; an effective sample of less than some hundred; looks before the end (off-policy-cs)',
    assumptions: [
      'logged propensities are true',
      'every action of the target could have been logged',
      'the whole log is given',
      'rows are independent of each other: the logging policy did not learn from them (off-policy-cs where it did)',
    ],
    checked: [
      'propensities are above 0',
      'the target plays a logged action',
      'the effective sample is at least `minEffectiveSampleSize`, where that is given',
      'no weight is clipped: the greatest is reported',
    ],
    sentence: says(
      'The target policy would earn {snips}, between {snipsLower} and {snipsUpper} (self-normalised; by inverse propensity alone {ips}, se {ipsSe}) from {effectiveSampleSize} effective rows.',
      'Die Zielstrategie würde {snips} erzielen, zwischen {snipsLower} und {snipsUpper} (selbstnormiert; nur invers gewichtet {ips}, SE {ipsSe}), aus effektiv {effectiveSampleSize} Zeilen.',
    ),
  },
  'off-policy-cs': {
    horizon: 'always-valid',
    formula:
      '{m: ∏(1 + min(λ, ½/m)(w·r − m)) < 2/α}, and the same of w(1 − r) for the upper limit; λ = √(2ln(2/α)/(t·ln(1+t)·σ̃²_{t−1}))',
    reference:
      'Waudby-Smith, Wu, Ramdas, Karampatziakis & Mineiro, "Anytime-valid off-policy inference for contextual bandits" (2022); Waudby-Smith & Ramdas, JRSS B 86 (2024), eq. 26',
    use: 'the value of a policy, or of an arm, from data that a bandit collected while it learned, read as often as one likes',
    avoid: 'rewards without known bounds; a sharp answer from few rows (off-policy, read once)',
    assumptions: [
      'rewards lie in `range`',
      'each logged propensity is the one with which its action was drawn, given what came before',
      'the policy’s value does not change over time',
      'rows come in the order in which they were logged',
    ],
    checked: [
      'rewards lie in the range',
      'propensities are above 0; their size needs no bound',
      'the effective sample is at least `minEffectiveSampleSize`, where that is given',
    ],
    sentence: says(
      'After all rows asked for the policy’s value lies between {lower.-1} and {upper.-1}, whenever one looks.',
      'Nach allen abgefragten Zeilen liegt der Wert der Strategie zwischen {lower.-1} und {upper.-1}, wann immer man hinsieht.',
    ),
  },
};
