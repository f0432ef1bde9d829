import type { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import { payloadConverter } from './payload-converter.ts';

/** What payloads of a history hold, through the client's codecs; one that can't be read is a value that says so. */
export async function decodePayloads(
  temporal: Client,
  payloads: readonly Payload[] | null | undefined,
): Promise<readonly unknown[]> {
  let decoded = [...(payloads ?? [])];
  const { payloadCodecs = [] } = temporal.options.dataConverter ?? {};
  for (const codec of payloadCodecs.toReversed()) decoded = await codec.decode(decoded);
  return decoded.map((payload) => payloadConverter.fromPayload<unknown>(payload));
}
