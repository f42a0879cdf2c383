import { readFileSync } from 'node:fs';

const LINES = 60;
const LONGEST = 300;

interface LogLine {
  readonly msg?: string;
  readonly err?: { readonly message?: string };
}

/** What a log line says: of a JSON line its message and its error's, else the line. */
function said(line: string): string {
  try {
    const { msg, err } = JSON.parse(line) as LogLine;
    return [msg, err?.message].filter((t) => t !== undefined).join(': ') || line;
  } catch {
    return line.trim();
  }
}

const complains = (line: string): boolean => /error|fatal|refused|cannot|no space|denied/i.test(line);

/** The last complaint in a log that a process left; undefined for a log that is empty or away. */
export function lastWords(log: string): string | undefined {
  try {
    return complaint(readFileSync(log, 'utf8'));
  } catch {
    return undefined;
  }
}

/** The last line of a text that complains, else its last line; undefined for an empty text. */
export function complaint(text: string): string | undefined {
  const lines = text
    .split('\n')
    .filter((l) => l.trim() !== '')
    .slice(-LINES)
    .map(said);
  return (lines.findLast(complains) ?? lines.at(-1))?.slice(0, LONGEST);
}
