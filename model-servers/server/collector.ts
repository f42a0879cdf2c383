import { setFlagsFromString } from 'node:v8';

/**
 * What a request leaves behind is small and dies young: one thread sweeps it sooner than it takes to wake four, whose waiting costs
 * more processor time than the sweep. Marking of the old generation stays on threads of its own.
 */
export function sweepAlone(): void {
  setFlagsFromString('--no-parallel-scavenge');
}
