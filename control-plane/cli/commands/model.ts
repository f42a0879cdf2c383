import type { ModelView } from '@assay/domain/read-models';
import type { Command } from 'commander';
import { apiOf } from '../api.ts';
import { remote } from '../options.ts';
import { printJson, table } from '../output.ts';
import { addModelBom } from './model-bom.ts';
import { addModelCheck } from './model-check.ts';
import { addModelCompare } from './model-compare.ts';
import { addModelList } from './model-list.ts';
import { addModelRegister } from './model-register.ts';
import { addModelSign } from './model-sign.ts';

interface Flags {
  readonly state: string;
  readonly json?: true;
}

export function addModel(program: Command): void {
  const model = program.command('model').description('model versions and where they stand');
  const sub = (usage: string, text: string): Command => remote(model.command(usage).description(text));

  addModelCheck(model);
  addModelSign(model);
  addModelBom(model);
  addModelList(model);
  addModelRegister(model);
  addModelCompare(model);

  sub('show <name>', 'versions of one model').action(async (name: string, flags: Flags) => {
    const view = await apiOf(flags.state, 'admin').get<ModelView>(`/models/${encodeURIComponent(name)}`);
    if (flags.json) return printJson(view);
    const rows = view.versions.map((v) => [
      v.version,
      v.stage,
      v.createdBy,
      v.digest.slice(0, 12),
      new Date(v.updatedAtMs).toISOString(),
    ]);
    process.stdout.write(`${table(['version', 'stage', 'by', 'digest', 'since'], rows)}\n`);
  });
}
