import { defaultPayloadConverter, type Payload, type PayloadConverter } from '@temporalio/common';

/** What stands for a payload that can't be read: a value, so that a handler can refuse it and go on. */
export interface UnreadablePayload {
  readonly unreadablePayload: { readonly encoding: string; readonly reason: string };
}

/**
 * The default converter, made total. The SDK decodes a signal's payload before any handler runs, and an
 * error there fails the workflow task for ever; so what can't be decoded becomes a value that says so.
 */
class TolerantPayloadConverter implements PayloadConverter {
  toPayload<T>(value: T): Payload {
    return defaultPayloadConverter.toPayload(value);
  }

  fromPayload<T>(payload: Payload): T {
    try {
      return defaultPayloadConverter.fromPayload<T>(payload);
    } catch (error) {
      // The interface promises the caller's type; every message handler takes `unknown` instead.
      return unreadable(payload, error) as T;
    }
  }
}

function unreadable(payload: Payload, error: unknown): UnreadablePayload {
  const encoding = payload.metadata?.encoding;
  return {
    unreadablePayload: {
      encoding: encoding == null ? 'none' : String.fromCharCode(...encoding.slice(0, 50)),
      reason: error instanceof Error ? error.message : String(error),
    },
  };
}

export const payloadConverter = new TolerantPayloadConverter();
