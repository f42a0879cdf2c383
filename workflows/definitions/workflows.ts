/** Entry of the bundle: every workflow that a worker knows, by the names of workflows/contract. */
export { experiment } from './experiment.ts';
export { monitor } from './monitor.ts';
export { release } from './release.ts';
export { train } from './train.ts';
