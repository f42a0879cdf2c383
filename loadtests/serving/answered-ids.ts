import { type ClientHttp2Session, connect } from 'node:http2';
import { ModelInferResponse } from '@assay/proto/gen/inference/open_inference_grpc';
import { framed } from './frames.ts';

const PATH = '/inference.GRPCInferenceService/ModelInfer';
const PREFIX_BYTES = 5;

/** What a client keeps of its calls: the decision ids of those that were answered, in full and with status OK. */
export interface ClientLog {
  readonly answered: readonly string[];
  /** Resolves when the server has gone and every call has ended. */
  readonly ended: Promise<void>;
}

/** Keeps `inFlight` calls in progress on a few connections until the server goes away. */
export function askUntilGone(
  address: string,
  messages: readonly Buffer[],
  inFlight: number,
  connections = 4,
): ClientLog {
  const answered: string[] = [];
  const sessions = Array.from({ length: connections }, () => {
    const session = connect(`http://${address}`);
    // Its streams tell
    return session.on('error', () => undefined);
  });
  let sent = 0;
  const lane = async (session: ClientHttp2Session): Promise<void> => {
    while (!session.closed && !session.destroyed) {
      const id = await ask(session, framed(messages[sent++ % messages.length] as Buffer));
      if (id !== undefined) answered.push(id);
    }
  };
  const lanes = Array.from({ length: inFlight }, (_, i) =>
    lane(sessions[i % connections] as ClientHttp2Session),
  );
  const ended = Promise.all(lanes).then(() => {
    for (const session of sessions) session.destroy();
  });
  return { answered, ended };
}

/** The decision id of the answer; undefined when the call was refused or cut. */
function ask(session: ClientHttp2Session, frame: Buffer): Promise<string | undefined> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let status: unknown;
    const stream = session.request({
      ':method': 'POST',
      ':path': PATH,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    stream.on('data', (part: Buffer) => parts.push(part));
    stream.on('trailers', (trailers) => {
      status = trailers['grpc-status'];
    });
    // Followed by `close`
    stream.on('error', () => undefined);
    stream.on('close', () => resolve(status === '0' ? decisionId(Buffer.concat(parts)) : undefined));
    stream.end(frame);
  });
}

function decisionId(answer: Buffer): string {
  const { parameters } = ModelInferResponse.decode(answer.subarray(PREFIX_BYTES));
  return String(parameters.decision_id?.parameterChoice?.value);
}
