import { statSync } from 'node:fs';
import { AssayError } from '@assay/domain/errors';
import type { Command } from 'commander';
import { printJson } from '../output.ts';
import { addEvidenceLook } from './evidence-look.ts';

export function addEvidence(program: Command): void {
  const evidence = program.command('evidence').description('what was predicted, and what came of it');
  evidence
    .command('cat <dir>')
    .description(
      'every record below a folder, sealed or not, as JSON lines; what was cut from torn tails goes to stderr',
    )
    .option('--json', 'accepted for uniformity: this verb speaks JSON only')
    .action(async (dir: string) => {
      if (!statSync(dir, { throwIfNoEntry: false })?.isDirectory())
        throw new AssayError('NOT_FOUND', `Cannot read evidence: "${dir}" is not a folder`, { field: 'dir' });
      const { catEvidence } = await import('@assay/model-servers/evidence/cat');
      for await (const record of catEvidence(dir, (line: string) => process.stderr.write(`${line}\n`)))
        printJson(record);
    });
  addEvidenceLook(evidence);
}
