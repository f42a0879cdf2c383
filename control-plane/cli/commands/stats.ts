import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import { EXIT } from '../output.ts';

const EXAMPLE = '{"method":"srm","version":1,"counts":[50,60],"weights":[0.5,0.5]}';

interface Tally {
  asked: number;
  refused: number;
}

async function answerOne(answer: (line: string) => string, line: string, tally: Tally): Promise<void> {
  if (line.trim() === '') return;
  const reply = answer(line);
  tally.asked += 1;
  if (!(JSON.parse(reply) as { ok: boolean }).ok) tally.refused += 1;
  if (!process.stdout.write(`${reply}\n`)) await once(process.stdout, 'drain');
}

/** One request alone decides the exit status; of many, each has its own reply and the whole is done. */
function exitOf(tally: Tally): number {
  if (tally.asked === 0) return EXIT.wrongUse;
  return tally.asked === 1 && tally.refused === 1 ? EXIT.refused : EXIT.done;
}

export function addStats(program: Command): void {
  program
    .command('stats')
    .description(
      'statistics: one JSON request a line on stdin, one JSON reply a line on stdout; needs no server',
    )
    .option('--json', 'accepted for uniformity: this verb speaks JSON only')
    .action(async () => {
      const tally: Tally = { asked: 0, refused: 0 };
      const { answer } = await import('@assay/analysis/answer');
      for await (const line of createInterface({ input: process.stdin }))
        await answerOne(answer, line, tally);
      if (tally.asked === 0)
        process.stderr.write(`No request on stdin: send one JSON object a line, for example ${EXAMPLE}\n`);
      process.exitCode = exitOf(tally);
    });
}
