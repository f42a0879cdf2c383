import { type Explanation, INDEPENDENT, says } from './explanation.ts';

const alarms = says('Alarms at positions: {alarms}.', 'Alarme an den Positionen: {alarms}.');
const rows = 'both samples are of independent rows';
const detector = 'values come in order; the alarm rate depends on the knobs and is to be set on quiet data';

export const MONITORING_WORDS: Readonly<Record<string, Explanation>> = {
  'histogram-distance': {
    horizon: 'none',
    formula: 'PSI = Σ(q−p)ln(q/p); Jensen-Shannon, Hellinger, Kullback-Leibler',
    reference: 'Siddiqi, Credit Risk Scorecards (2006); Lin, IEEE Trans. Inf. Theory 37 (1991)',
    use: 'how far a feature’s histogram moved; mergeable from counts',
    avoid: 'as a test: it has no error rate (chi-square)',
    assumptions: ['both use the same bins'],
    checked: ['as many bins in both', 'some count in each'],
    sentence: says(
      'PSI {psi}, Jensen-Shannon distance {jensenShannonDistance}: from a PSI of 0.2 on it is usual to act.',
      'PSI {psi}, Jensen-Shannon-Abstand {jensenShannonDistance}: ab einem PSI von 0,2 wird üblicherweise gehandelt.',
    ),
  },
  ks: {
    horizon: 'fixed',
    formula:
      'D = sup|F − G|; p by lattice paths, or Kolmogorov’s finite-sample law; of sketches: of D less both rank errors',
    reference: 'Hodges, Arkiv för Matematik 3 (1958); Marsaglia, Tsang & Wang (2003)',
    use: 'did a continuous feature’s law change in any way?',
    avoid: 'large samples, where shifts too small to matter are significant: look at D too',
    assumptions: [
      rows,
      'the law is continuous',
      'of sketches (values with weights, `rankError`): ranks are off by no more than they say',
    ],
    checked: ['no sample is empty', 'weights do not ask for the exact law'],
    sentence: says(
      'The distributions differ by at most {d} (p = {p}).',
      'Die Verteilungen weichen höchstens um {d} ab (p = {p}).',
    ),
  },
  wasserstein: {
    horizon: 'none',
    formula: 'W₁ = ∫|F − G|',
    reference: 'Ramdas, García Trillos & Cuturi, Entropy 19 (2017)',
    use: 'how far mass has to move, in the feature’s unit',
    avoid: 'as a test: it has no error rate',
    assumptions: ['weights, where given, belong to the values'],
    checked: ['weights do not add up to 0'],
    sentence: says(
      'The distributions are {distance} apart, in the feature’s unit.',
      'Die Verteilungen liegen {distance} auseinander, in der Einheit des Merkmals.',
    ),
  },
  'chi-square': {
    horizon: 'fixed',
    formula: 'Pearson χ² of the 2×k table; Cramér’s V',
    reference: 'Pearson 1900; Cramér 1946',
    use: 'did a categorical feature’s shares change?',
    avoid: 'expected counts below 5: merge categories',
    assumptions: [rows],
    checked: ['as many categories in both', 'some count in each'],
    sentence: says(
      'Chi-square {chiSquare}, p = {p}, Cramér’s V {cramersV}.',
      'Chi-Quadrat {chiSquare}, p = {p}, Cramérs V {cramersV}.',
    ),
  },
  mmd: {
    horizon: 'none',
    formula: 'unbiased MMD² with a Gaussian kernel',
    reference: 'Gretton et al., JMLR 13 (2012), eq. 3',
    use: 'embeddings and other vectors',
    avoid: 'as a test without permutations; more than some thousand rows: its cost is quadratic',
    assumptions: [rows],
    checked: ['vectors have one length', 'two rows or more in each'],
    sentence: says(
      'MMD² is {mmdSquared}; around 0 the samples look alike.',
      'MMD² ist {mmdSquared}; um 0 sehen die Stichproben gleich aus.',
    ),
  },
  'page-hinkley': {
    horizon: 'none',
    formula: 'U = fU + (x − x̄) − δ; alarm when U − min U > threshold',
    reference: 'Page, Biometrika 41 (1954); Hinkley, Biometrika 58 (1971)',
    use: 'a mean that jumps, at constant memory',
    avoid: 'a stated false-alarm rate (asymptotic-cs, e-values)',
    assumptions: [detector],
    checked: ['nothing beyond the shape'],
    sentence: alarms,
  },
  adwin: {
    horizon: 'none',
    formula: 'cut where |μ₀ − μ₁| > √(2/m·v·ln(2lnW/δ)) + 2/(3m)·ln(2lnW/δ)',
    reference: 'Bifet & Gavaldà, SDM 2007',
    use: 'a window that keeps as much as is still of one law',
    avoid: 'unbounded values: the bound is for [0, 1]',
    assumptions: [detector, 'values are in [0, 1]'],
    checked: ['nothing beyond the shape'],
    sentence: says(
      'Alarms at {alarms}; the window now holds {width} values with mean {mean}.',
      'Alarme bei {alarms}; das Fenster hält nun {width} Werte mit Mittelwert {mean}.',
    ),
  },
  cusum: {
    horizon: 'none',
    formula: 'S = max(0, S + x − x̄ − δ); alarm when S > threshold',
    reference: 'Page, Biometrika 41 (1954)',
    use: 'a mean that rises slowly',
    avoid: 'a stated false-alarm rate',
    assumptions: [detector],
    checked: ['nothing beyond the shape'],
    sentence: alarms,
  },
  calibration: {
    horizon: 'none',
    formula: 'ECE = Σ n_b/n·|confidence − frequency|, equal-width bins; Brier, log loss',
    reference: 'Guo, Pleiss, Sun & Weinberger, ICML 2017; Brier 1950',
    use: 'do predicted probabilities come true as often as they say?',
    avoid: 'comparing ECE over different bins or sample sizes: it is biased upwards',
    assumptions: [INDEPENDENT],
    checked: ['probabilities are in [0, 1]', 'labels are 0 or 1'],
    sentence: says(
      'Probabilities are off by {ece} on average (at most {mce} in a bin); Brier score {brier}.',
      'Die Wahrscheinlichkeiten liegen im Mittel um {ece} daneben (höchstens {mce} in einer Klasse); Brier-Wert {brier}.',
    ),
  },
  'performance-estimate': {
    horizon: 'fixed',
    formula:
      'expected confusion matrix from Σp and Σ(1 − p) on each side of the threshold; se by the delta method from Σp(1 − p)',
    reference:
      'Białek, Kuberski, Perrakis & Bifet, "Estimating model performance under covariate shift without labels" (2024), section 3 (confidence-based performance estimation)',
    use: 'a classifier’s accuracy, precision, recall, specificity or F1 on rows whose labels have not come yet',
    avoid:
      'probabilities that are not calibrated on these rows (calibration); concept drift, which no method without labels can see',
    assumptions: [
      'probabilities are calibrated on these rows: of those that say 0.3, three in ten are positive',
      'labels are independent given their probabilities',
      'the interval is for the metric that these rows will turn out to have',
    ],
    checked: ['30 rows or more', 'the metric’s denominator is above 0'],
    sentence: says(
      'The metric is estimated at {estimate}, between {lower} and {upper}, without labels.',
      'Die Kennzahl wird ohne Labels auf {estimate} geschätzt, zwischen {lower} und {upper}.',
    ),
  },
  'conformal-interval': {
    horizon: 'fixed',
    formula: 'radius = the ⌈(n+1)·level⌉-th smallest |residual| of the calibration set',
    reference: 'Lei, G’Sell, Rinaldo, Tibshirani & Wasserman, JASA 113 (2018)',
    use: 'an interval around any forecast, with coverage for any law',
    avoid: 'data that drift since calibration; coverage for a given x',
    assumptions: ['calibration and new values are exchangeable'],
    checked: ['enough residuals for the level'],
    sentence: says(
      'The forecast ± {radius} covers a new value with the level asked for.',
      'Die Vorhersage ± {radius} überdeckt einen neuen Wert mit dem verlangten Niveau.',
    ),
  },
  'forecast-quality': {
    horizon: 'none',
    formula: 'WAPE = Σ|e|/Σ|y|; MASE, RMSSE by the seasonal naive error; Winkler, pinball, coverage',
    reference: 'Hyndman & Koehler, IJF 22 (2006); Gneiting & Raftery, JASA 102 (2007)',
    use: 'compare forecasts over series of different size',
    avoid: 'WAPE of series near 0',
    assumptions: ['actual values were not seen by the forecast'],
    checked: ['actual values do not add up to 0', 'the history is longer than a season'],
    sentence: says(
      'Mean absolute error {mae}, which is {wape} of the actual volume.',
      'Mittlerer absoluter Fehler {mae}, das sind {wape} des tatsächlichen Volumens.',
    ),
  },
  inventory: {
    horizon: 'none',
    formula: 'EOQ = √(2KD/h); safety stock = z√(Lσ_d² + d²σ_L²); reorder point = dL + safety stock',
    reference: 'Snyder & Shen, Fundamentals of Supply Chain Theory (2019), chapters 3 and 4',
    use: 'what to order, and when, from a demand forecast and its error',
    avoid: 'lumpy demand; lead times that hang together with demand',
    assumptions: ['demand over the lead time is normal', 'cost rates are constant'],
    checked: ['costs and demand are above 0'],
    sentence: says(
      'Order {economicOrderQuantity} units when stock falls to {reorderPoint}, of which {safetyStock} are safety stock.',
      'Bestelle {economicOrderQuantity} Stück, sobald der Bestand auf {reorderPoint} fällt; davon sind {safetyStock} Sicherheitsbestand.',
    ),
  },
};
