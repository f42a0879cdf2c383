import type { Family } from '../families/family.ts';
import type { SignatureFinding } from '../model-check/signing-policy.ts';

/** Holds a registered version's signature against the policy of whoever asks; adapter: registry/signature-check. */
export interface SignatureCheck {
  /** `file`: what will be served, by absolute path; its bytes must be among the signed ones. */
  check(input: {
    readonly family: Family;
    readonly model: string;
    readonly version: string;
    readonly file: string;
  }): Promise<SignatureFinding>;
}
