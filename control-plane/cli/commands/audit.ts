import type { Command } from 'commander';
import { apiOf } from '../api.ts';
import { remote } from '../options.ts';
import { EXIT, printJson } from '../output.ts';

interface Verification {
  readonly ok: boolean;
  readonly entries: number;
  readonly head: string;
  readonly fault?: { readonly sequence: number; readonly fault: string } | null;
}

export function addAudit(program: Command): void {
  const audit = program.command('audit').description('the tamper-evident log');
  remote(audit.command('verify').description('walk the whole hash chain')).action(
    async (flags: { state: string; json?: true }) => {
      const found = await apiOf(flags.state, 'auditor').get<Verification>('/audit/verify');
      if (!found.ok) process.exitCode = EXIT.refused;
      if (flags.json) return printJson(found);
      const text = found.ok
        ? `holds: ${found.entries} entries, head ${found.head}`
        : `BROKEN at entry ${found.fault?.sequence}: it ${found.fault?.fault}`;
      process.stdout.write(`${text}\n`);
    },
  );
}
