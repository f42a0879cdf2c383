import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { say } from '../output.ts';
import { readEndpoints } from '../supervisor/state-folder.ts';

interface Flags {
  readonly state: string;
  readonly out?: string;
  readonly json?: true;
}

/** `assay model bom MODEL VERSION`: the bill of materials on standard output or into a file; it is JSON either way. */
export function addModelBom(model: Command): void {
  model
    .command('bom <model> <version>')
    .description('CycloneDX 1.6 ML-BOM of a registered version')
    .option('--state <dir>', 'state folder of the running Assay', '.assay')
    .option('--out <file>', 'write it here instead of printing it')
    .option('--json', 'accepted for uniformity: the bill is JSON')
    .action(async (name: string, version: string, flags: Flags) => {
      const [{ RegistryClient }, { lockAmong, mlBomOf }] = await Promise.all([
        import('@assay/registry-client/registry-client'),
        import('@assay/domain/ml-bom'),
      ]);
      const { registry, tokens } = readEndpoints(flags.state);
      const client = new RegistryClient({ baseUrl: registry, token: tokens.admin });
      const found = await client.getModelVersion(name, version);
      const lock = lockAmong(found.artifacts);
      const requirements =
        lock === undefined ? null : await new Response(await client.downloadBlob(lock.digest)).text();
      const createdAt = new Date(found.createdAtMs).toISOString();
      const bill = `${mlBomOf({ ...found, createdAt, files: found.artifacts, requirements })}\n`;
      if (flags.out === undefined) process.stdout.write(bill);
      else {
        await writeFile(flags.out, bill);
        say(`bill of materials written to ${flags.out}`);
      }
    });
}
