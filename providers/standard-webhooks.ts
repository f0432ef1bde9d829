import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/**
 * Standard Webhooks (standardwebhooks.com, version 1), the symmetric scheme: `webhook-signature` holds one or more
 * `v1,<base64>`, each the HMAC-SHA256 of `<webhook-id>.<webhook-timestamp>.<body>`.
 */

/** Seconds that a message's timestamp may be off, either way. */
const WINDOW_SECONDS = 300;
const LONGEST_ID = 256;
/** Remembered ids; only a sender with the secret can add one. */
const KEPT_MESSAGES = 20_000;

const SECRET_PREFIX = 'whsec_';

export type VerifiedWebhook =
  /** `isRepeated`: the sender sent the same message before, and signed it once more to be sure that it arrives. */
  { readonly ok: true; readonly isRepeated: boolean } | { readonly ok: false; readonly why: WebhookProblem };

export type WebhookProblem = 'malformed' | 'outside-window' | 'wrong-signature' | 'replayed';

export interface WebhookVerifier {
  /** @param body exactly as it was received */
  verify(headers: IncomingHttpHeaders, body: Uint8Array, now: Date): VerifiedWebhook;
}

/** @param secret `whsec_` and the base64 of the key */
export function createWebhookVerifier(secret: string): WebhookVerifier {
  const key = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64');
  /** By id, the timestamp of the newest message; the oldest first. */
  const seen = new Map<string, number>();

  /** Outside the window a replay is refused by its timestamp. */
  function forgetOld(nowSeconds: number): void {
    for (const [id, timestamp] of seen) {
      if (seen.size <= KEPT_MESSAGES && timestamp >= nowSeconds - WINDOW_SECONDS) return;
      seen.delete(id);
    }
  }

  return {
    verify(headers: IncomingHttpHeaders, body: Uint8Array, now: Date): VerifiedWebhook {
      const message = readHeaders(headers);
      if (message === undefined) return { ok: false, why: 'malformed' };
      const { id, timestamp, signatures } = message;
      const nowSeconds = now.getTime() / 1000;
      if (Math.abs(nowSeconds - timestamp) > WINDOW_SECONDS) return { ok: false, why: 'outside-window' };
      const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
      if (!signatures.some((signature) => isEqual(signature, expected))) {
        return { ok: false, why: 'wrong-signature' };
      }
      const before = seen.get(id);
      // One that was signed later is the sender's own: whoever replays can't sign.
      if (before !== undefined && timestamp <= before) return { ok: false, why: 'replayed' };
      seen.delete(id);
      seen.set(id, timestamp);
      forgetOld(nowSeconds);
      return { ok: true, isRepeated: before !== undefined };
    },
  };
}

interface SignedMessage {
  readonly id: string;
  /** Seconds since the epoch. */
  readonly timestamp: number;
  readonly signatures: readonly Buffer[];
}

function readHeaders(headers: IncomingHttpHeaders): SignedMessage | undefined {
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'];
  const signatures = headers['webhook-signature'];
  if (typeof id !== 'string' || id === '' || id.length > LONGEST_ID) return undefined;
  if (typeof timestamp !== 'string' || !/^[1-9]\d{0,11}$/.test(timestamp)) return undefined;
  if (typeof signatures !== 'string') return undefined;
  return {
    id,
    timestamp: Number(timestamp),
    // Other versions are other schemes, such as `v1a` with a public key.
    signatures: signatures
      .split(' ')
      .filter((signature) => signature.startsWith('v1,'))
      .map((signature) => Buffer.from(signature.slice('v1,'.length), 'base64')),
  };
}

function isEqual(given: Buffer, expected: Buffer): boolean {
  return given.length === expected.length && timingSafeEqual(given, expected);
}
