import type { Clause } from './filter.ts';
import type { Tag } from './input.ts';

const IS_PROMPT = 'mlflow.prompt.is_prompt';

export const isPromptTag = ({ key, value }: Tag): boolean =>
  key === IS_PROMPT && value.toLowerCase() === 'true';

const asksPrompts = (clauses: readonly Clause[]): boolean => {
  const { op, value } = clauses.find((c) => c.entity !== undefined && c.key === IS_PROMPT) ?? {};
  const flag = value?.kind === 'text' ? value.value.toLowerCase() : '';
  return (op === '=' && flag === 'true') || (op === '!=' && flag === 'false');
};

/**
 * MLflow keeps prompts as registered models and hides them unless they are asked for. Its client adds "is_prompt !=
 * 'true'" to every search and means "or absent": the clause goes, and models whose rows say that they are prompts too.
 * `alias` names a row with a column `name`.
 */
export const withoutPrompts = (
  clauses: readonly Clause[],
  alias: string,
): { clauses: readonly Clause[]; where: readonly string[] } => {
  if (asksPrompts(clauses)) return { clauses, where: ['true'] };
  const hidden = `SELECT 1 FROM model_tags p WHERE p.name = ${alias}.name AND p.key = '${IS_PROMPT}' AND p.value = 'true'`;
  return { clauses: clauses.filter((c) => c.key !== IS_PROMPT), where: [`NOT EXISTS (${hidden})`] };
};
