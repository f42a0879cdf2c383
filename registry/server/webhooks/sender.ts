import { type Posted, type PostOptions, post } from './post.ts';
import { signatureHeaders } from './signature.ts';

export interface Message {
  readonly url: string;
  readonly secret: string | undefined;
  /** Of the event: the same at every attempt and for every webhook. */
  readonly id: string;
  /** A CloudEvent in JSON. */
  readonly body: string;
}

/** Sends a CloudEvent in structured mode (CloudEvents HTTP binding 1.0.2, 3.2), so that its signature covers all of it. */
export const sendMessage = (message: Message, options: PostOptions): Promise<Posted> =>
  post(
    message.url,
    {
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'user-agent': 'Assay-Webhooks/1',
      ...signatureHeaders(message.secret, message.id, Date.now(), message.body),
    },
    message.body,
    options,
  );
