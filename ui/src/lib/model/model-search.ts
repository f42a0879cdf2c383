export const MODELS_PAGE = 50;
export const VERSIONS_PAGE = 50;

/** Models whose name holds a text, in MLflow's grammar; it has no escapes, so a quote takes the other kind around it. */
export function modelsFilter(name: string): string {
  const text = name.trim();
  if (text === '') return '';
  const quote = text.includes("'") ? '"' : "'";
  return `name ILIKE ${quote}%${text}%${quote}`;
}
