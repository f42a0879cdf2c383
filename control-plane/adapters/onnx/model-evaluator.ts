import { fileURLToPath } from 'node:url';
import { AssayError } from '@assay/domain/errors';
import { familySpec } from '@assay/domain/families/all';
import type { Family } from '@assay/domain/families/family';
import type { CheckReport } from '@assay/domain/model-check/report';
import type { ModelEvaluator } from '@assay/domain/ports/model-evaluator';
import { checkModel } from '@assay/registry-integrity/onnx/check-model';
import { askChild, type ChildLimits } from '@assay/registry-integrity/run-child';
import type { ChildReply, ChildRequest } from './evaluate-message.ts';

const CHILD = fileURLToPath(new URL('./evaluate-child.ts', import.meta.url));

export interface EvaluatorLimits extends ChildLimits {
  /** Script of the child; another one in tests of the limits. */
  readonly child?: string;
}

const DEFAULTS: EvaluatorLimits = { timeoutMs: 60_000, memoryBytes: 1.5 * 2 ** 30 };

/** Each question in a child of its own, with a deadline and a memory limit. */
export function childEvaluator(limits: EvaluatorLimits = DEFAULTS): ModelEvaluator {
  return {
    check: ({ family, modelFile }) => judged(family, modelFile),
    async inspect(input) {
      unwrap(await ask({ kind: 'inspect', ...input }, limits));
    },
    async evaluate(input) {
      const facts = unwrap(await ask({ kind: 'evaluate', ...input }, limits));
      if (facts === null) throw failed('it answered nothing');
      return facts;
    },
  };
}

async function judged(family: Family, modelFile: string): Promise<CheckReport> {
  try {
    return await checkModel({ path: modelFile, spec: familySpec(family) });
  } catch (cause) {
    if (!(cause instanceof AssayError && cause.code === 'NOT_FOUND')) throw cause;
    throw new AssayError('MODEL_NOT_ONNX', cause.message, { cause });
  }
}

const failed = (text: string): AssayError =>
  new AssayError('EVALUATION_FAILED', `Cannot judge the model: ${text}`);

function unwrap(reply: ChildReply): Extract<ChildReply, { ok: true }>['facts'] {
  if (!reply.ok) throw new AssayError(reply.code, reply.message);
  return reply.facts;
}

async function ask(request: ChildRequest, limits: EvaluatorLimits): Promise<ChildReply> {
  const { child: script = CHILD, timeoutMs, memoryBytes } = limits;
  const answer = await askChild<ChildReply>({ script, request, timeoutMs, memoryBytes });
  if (!answer.ended) throw failed(answer.reason);
  return answer.value;
}
