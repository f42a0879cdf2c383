import type { ExternalFacts, ModelFacts } from './facts.ts';
import type { CheckPolicy } from './policy.ts';
import { ok, quoted, type RuleResult, refused } from './report.ts';

const LIST = 5;

/** At most five of them, so that a hostile file cannot make the report long. */
const few = (texts: readonly string[]): string =>
  texts.slice(0, LIST).join(', ') + (texts.length > LIST ? ` and ${texts.length - LIST} more` : '');

/** A domain called `__proto__` or `constructor` is as unknown as any. */
const rangeOf = (policy: CheckPolicy, domain: string): CheckPolicy['opsets'][string] | undefined =>
  Object.hasOwn(policy.opsets, domain) ? policy.opsets[domain] : undefined;

/** `onnx/ir-version`, `onnx/opset`: what the pinned onnxruntime loads. */
export function versionRules(facts: ModelFacts, policy: CheckPolicy): RuleResult[] {
  const ir =
    facts.irVersion >= 1 && facts.irVersion <= policy.maxIrVersion
      ? ok('onnx/ir-version', `${facts.irVersion} of at most ${policy.maxIrVersion}`)
      : refused(
          'onnx/ir-version',
          `${facts.irVersion}; the runtime reads 1 to ${policy.maxIrVersion}`,
          `Export the model with IR version ${policy.maxIrVersion} or less`,
        );
  const used = new Set(facts.operators.map((o) => o.domain));
  const out = facts.opsets.filter(({ domain, version }) => {
    const range = rangeOf(policy, domain);
    return used.has(domain) && range !== undefined && !(version >= range.min && version <= range.max);
  });
  const stated = new Set(facts.opsets.map((o) => o.domain));
  const absent = [...used].filter((domain) => rangeOf(policy, domain) !== undefined && !stated.has(domain));
  const found = facts.opsets.map((o) => `${quoted(o.domain)} ${o.version}`);
  const ranges = Object.entries(policy.opsets).map(([d, r]) => `${d} ${r.min} to ${r.max}`);
  const opset =
    out.length === 0 && absent.length === 0
      ? ok('onnx/opset', few(found))
      : refused(
          'onnx/opset',
          `${few([...out.map((o) => `${o.domain} ${o.version}`), ...absent.map((d) => `${d} without a version`)])}; the runtime runs ${ranges.join(', ')}`,
          'Export the model again with an operator set in that range',
        );
  return [ir, opset];
}

/** `onnx/domains`, `onnx/operators`, `onnx/nodes`: an allow-list of domains, a deny-list of operators. */
export function operatorRules(facts: ModelFacts, policy: CheckPolicy): RuleResult[] {
  const custom = facts.operators.filter((o) => rangeOf(policy, o.domain) === undefined);
  const denied = facts.operators.filter((o) => Object.hasOwn(policy.forbidden, `${o.domain}/${o.name}`));
  const why = denied.map((o) => `${o.domain}/${o.name}: ${policy.forbidden[`${o.domain}/${o.name}`]}`);
  const allowed = Object.keys(policy.opsets).join(', ');
  return [
    custom.length === 0
      ? ok('onnx/domains', `only ${allowed}`)
      : refused(
          'onnx/domains',
          `${few(custom.map((o) => quoted(`${o.domain}/${o.name}`)))}; allowed are the domains ${allowed}`,
          'Export the model with standard operators, or let an administrator add the domain to the policy',
        ),
    denied.length === 0
      ? ok('onnx/operators', `${facts.operators.length} operators, none forbidden`)
      : refused('onnx/operators', few(why), 'Replace the operator and export the model again'),
    facts.nodes <= policy.maxNodes
      ? ok('onnx/nodes', `${facts.nodes} of at most ${policy.maxNodes}`)
      : refused(
          'onnx/nodes',
          `${facts.nodes} nodes, more than ${policy.maxNodes}`,
          'Simplify the graph, or raise maxNodes in the policy',
        ),
  ];
}

/** `onnx/external-data`: weights beside the file lie in plain files of the same folder, and are as long as said. */
export function externalRule(facts: ModelFacts, policy: CheckPolicy): RuleResult {
  const rule = 'onnx/external-data';
  const { external } = facts;
  if (external.length === 0) return ok(rule, 'none; all weights are in the file');
  if (policy.externalData === 'none')
    return refused(
      rule,
      `${external.length} tensors beside the file (${quoted(external[0]?.location ?? '')}); Assay serves one file`,
      'Save the model in one file: onnx.save(model, path, save_as_external_data=False)',
    );
  const wrong = external.flatMap((e) => faultOf(e) ?? []);
  return wrong.length === 0
    ? ok(rule, `${external.length} tensors, all inside the folder`)
    : refused(
        rule,
        few(wrong),
        'Save the weights as plain files below the folder of the model file, and name them relative to it',
      );
}

const FOUND: Readonly<Record<Exclude<ExternalFacts['found'], 'inside'>, string>> = {
  absolute: 'is an absolute path',
  'climbs-out': 'climbs out of the folder',
  'memory-address': 'names memory, not a file',
  link: 'is a symbolic link or lies behind one',
  'no-file': 'is no plain file',
  missing: 'is not there',
};

function faultOf({ tensor, location, offset, length, found, sizeBytes }: ExternalFacts): string | undefined {
  const what = `tensor ${quoted(tensor)} at ${quoted(location)}`;
  if (found !== 'inside') return `${what} ${FOUND[found]}`;
  const whole = Number.isSafeInteger(offset) && offset >= 0;
  const end = length === null ? offset : offset + length;
  if (!whole || (length !== null && !(Number.isSafeInteger(length) && length >= 0)) || end > sizeBytes)
    return `${what} covers bytes ${offset} to ${length === null ? 'the end' : end} of ${sizeBytes}`;
  return undefined;
}
