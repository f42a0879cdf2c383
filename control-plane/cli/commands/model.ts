import type { Command } from 'commander';
import { addModelBom } from './model-bom.ts';
import { addModelCheck } from './model-check.ts';
import { addModelCompare } from './model-compare.ts';
import { addModelList } from './model-list.ts';
import { addModelRegister } from './model-register.ts';
import { addModelShow } from './model-show.ts';
import { addModelSign } from './model-sign.ts';

export function addModel(program: Command): void {
  const model = program.command('model').description('model versions and where they stand');
  addModelCheck(model);
  addModelSign(model);
  addModelBom(model);
  addModelList(model);
  addModelRegister(model);
  addModelCompare(model);
  addModelShow(model);
}
