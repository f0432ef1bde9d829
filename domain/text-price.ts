import { type MicroUsd, microUsd } from './money.ts';

/** US dollars for a million tokens: just as many micro-dollars for one. */
export interface TextPrice {
  readonly usdPerMillionInput: number;
  readonly usdPerMillionOutput: number;
}

export interface TokenCount {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Rounded up to the next micro-dollar. */
export function costOfTokens({ inputTokens, outputTokens }: TokenCount, price: TextPrice): MicroUsd {
  return microUsd(
    Math.ceil(inputTokens * price.usdPerMillionInput + outputTokens * price.usdPerMillionOutput),
  );
}

/** What a chat puts around each of its messages, generously. */
const AROUND_A_MESSAGE = 16;

/**
 * No tokenizer is asked: whichever a model has, none of its tokens is shorter than a byte. So this is several times too
 * many, and never too few.
 */
export function mostInputTokens(messages: readonly string[]): number {
  const encoder = new TextEncoder();
  return messages.reduce(
    (sum, text) => sum + encoder.encode(text).length + AROUND_A_MESSAGE,
    AROUND_A_MESSAGE,
  );
}
