import { AssayError } from '@assay/domain/errors';
import pc from 'picocolors';

/** Exit status of every verb. */
export const EXIT = { done: 0, refused: 1, wrongUse: 2 } as const;

export const printJson = (value: unknown): void => {
  process.stdout.write(`${JSON.stringify(value)}\n`);
};

/** Progress goes to stderr, results to stdout, so that a pipe gets results alone. */
export const say = (line: string): void => {
  process.stderr.write(`${pc.dim(new Date().toTimeString().slice(0, 8))} ${line}\n`);
};

/** Prints code, message and remedy; answers the exit status. */
export function reportFailure(cause: unknown, json: boolean): number {
  const error = cause instanceof AssayError ? cause : undefined;
  const message = cause instanceof Error ? cause.message : String(cause);
  if (json)
    printJson({
      ok: false,
      error: {
        code: error?.code ?? 'INTERNAL',
        field: error?.field ?? null,
        message,
        remedy: error?.remedy ?? null,
      },
    });
  else {
    process.stderr.write(`${pc.red('refused')} ${pc.bold(error?.code ?? 'INTERNAL')}: ${message}\n`);
    if (error) process.stderr.write(`  ${pc.cyan('remedy')}: ${error.remedy}\n`);
    else if (cause instanceof Error && cause.stack) process.stderr.write(`${pc.dim(cause.stack)}\n`);
  }
  return EXIT.refused;
}

/** Columns padded to their widest cell; colours do not count. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: an ANSI colour starts with the escape character
  const width = (cell: string): number => cell.replace(/\u001b\[\d+m/g, '').length;
  const widths = head.map((h, i) => Math.max(width(h), ...rows.map((r) => width(r[i] ?? ''))));
  const line = (cells: readonly string[]): string =>
    cells
      .map((c, i) => c + ' '.repeat(Math.max(0, (widths[i] ?? 0) - width(c))))
      .join('  ')
      .trimEnd();
  return [pc.bold(line(head)), ...rows.map(line)].join('\n');
}
