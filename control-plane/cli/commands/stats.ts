import { createInterface } from 'node:readline';
import { answer } from '@assay/analysis/answer';
import type { Command } from 'commander';
import { EXIT } from '../output.ts';

export function addStats(program: Command): void {
  program
    .command('stats')
    .description(
      'statistics: one JSON request a line on stdin, one JSON reply a line on stdout; needs no server',
    )
    .option('--json', 'accepted for uniformity: this verb speaks JSON only')
    .action(async () => {
      let asked = 0;
      let refused = 0;
      for await (const line of createInterface({ input: process.stdin })) {
        if (line.trim() === '') continue;
        asked += 1;
        const reply = answer(line);
        if (!(JSON.parse(reply) as { ok: boolean }).ok) refused += 1;
        if (!process.stdout.write(`${reply}\n`))
          await new Promise((resolve) => process.stdout.once('drain', resolve));
      }
      if (asked === 0) {
        process.stderr.write(
          'No request on stdin: send one JSON object a line, for example {"method":"srm","version":1,"counts":[50,60],"weights":[0.5,0.5]}\n',
        );
        process.exitCode = EXIT.wrongUse;
      } else if (asked === 1 && refused === 1) process.exitCode = EXIT.refused;
    });
}
