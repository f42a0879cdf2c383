import { prng } from '@assay/domain/prng';
import { grpcCase } from './grpc-cases.ts';
import { restCase } from './rest-cases.ts';
import { GrpcSender, sendRest } from './send.ts';

export interface Target {
  /** host:port */
  readonly grpc: string;
  readonly http: string;
}

export interface Found {
  /** How many of each kind ended how. */
  readonly counts: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Calls that ended in a way that their kind does not allow, with the seed that makes each again. */
  readonly wrong: readonly string[];
}

const LANES = 24;
const LISTED = 50;

/** Sends `requests` malformed calls, by gRPC and by REST; case i of a seed is always the same. */
export async function fuzz(target: Target, seed: string, requests: number): Promise<Found> {
  const counts = new Map<string, Map<string, number>>();
  const wrong: string[] = [];
  const note = (kind: string, how: string, allowed: readonly string[], of: string): void => {
    const ends = counts.get(kind) ?? new Map<string, number>();
    counts.set(kind, ends.set(how, (ends.get(how) ?? 0) + 1));
    if (!allowed.includes(how) && wrong.length < LISTED)
      wrong.push(`${kind}: ${how}, allowed are ${allowed.join(', ')} (seed ${of})`);
  };
  const { hostname, port } = new URL(target.http);
  let next = 0;
  const lane = async (): Promise<void> => {
    const grpc = new GrpcSender(target.grpc);
    for (let i = next++; i < requests; i = next++) {
      const of = `${seed}/${i}`;
      const random = prng(of);
      if (random.int(2) === 0) {
        const sent = grpcCase(random);
        note(sent.kind, await grpc.send(sent), sent.allowed, of);
      } else {
        const sent = restCase(random);
        note(sent.kind, await sendRest(hostname, Number(port), sent), sent.allowed, of);
      }
    }
    grpc.close();
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return { counts, wrong };
}
