import type { Family } from '@assay/domain/families/family';
import { bidding } from './bidding/codec.ts';
import type { MakeCodec } from './codec.ts';
import { forecasting } from './forecasting/codec.ts';
import { pricing } from './pricing/codec.ts';
import { ranking } from './ranking/codec.ts';
import { vision } from './vision/codec.ts';

export const CODECS: Readonly<Record<Family, MakeCodec>> = { ranking, forecasting, pricing, bidding, vision };
