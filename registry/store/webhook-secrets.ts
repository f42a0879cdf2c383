import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { AssayError } from '@assay/domain/errors';

const NONCE = 12;
const TAG = 16;

/** Seals secrets of webhooks with AES-256-GCM, bound to their webhook, so that the database alone reveals none. */
export class WebhookSecrets {
  readonly #key: Buffer;

  /** `key`: 32 bytes. */
  constructor(key: Buffer) {
    this.#key = key;
  }

  seal(webhook: string, secret: string): Buffer {
    const nonce = randomBytes(NONCE);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(Buffer.from(webhook));
    const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
  }

  /** Throws WEBHOOK_SECRET_UNREADABLE when another key sealed it. */
  open(webhook: string, sealed: Buffer): string {
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#key, sealed.subarray(0, NONCE));
      decipher.setAAD(Buffer.from(webhook)).setAuthTag(sealed.subarray(NONCE, NONCE + TAG));
      return decipher.update(sealed.subarray(NONCE + TAG), undefined, 'utf8') + decipher.final('utf8');
    } catch (cause) {
      throw new AssayError(
        'WEBHOOK_SECRET_UNREADABLE',
        `Cannot sign for webhook ${webhook}: its secret was sealed with another key`,
        { cause },
      );
    }
  }
}
