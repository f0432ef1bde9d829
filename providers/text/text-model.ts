import { AmbiguousOutcome, Unavailable } from '../../domain/errors.ts';
import type { TextPrice, TokenCount } from '../../domain/text-price.ts';

/** What is asked: a conversation, to be answered with one JSON object of texts. */
export interface TextRequest {
  readonly messages: readonly { readonly role: 'system' | 'user' | 'assistant'; readonly content: string }[];
  /** The keys of the object. */
  readonly keys: readonly string[];
  /** Tokens that the answer may have. */
  readonly mostOutputTokens: number;
}

/** What was said, as it came: it is kept, and read anew whenever it is needed (`readTexts`). */
export interface SaidText {
  readonly content: string;
  /** Why the model would not answer, in its own words; it was asked in vain, and is not asked again. */
  readonly refusal?: string | undefined;
  /** It has as many tokens as it may, and ends in the middle. */
  readonly isCutOff: boolean;
}

export interface TextAnswer extends SaidText {
  /** Undefined where the server doesn't count. */
  readonly usage: TokenCount | undefined;
}

/**
 * A language model behind some server. As with videos, errors differ by what they mean for money: `Refused` (nothing was
 * written, and asking again won't help), `Unavailable` (nothing was written, ask again later) and `AmbiguousOutcome` (it
 * may have been written and charged, and nobody will ever see it).
 */
export interface TextModel {
  /** As the server knows it. */
  readonly name: string;
  readonly price: TextPrice;
  /** Sends it once. @throws the signal's reason when it aborts */
  answer(request: TextRequest, signal: AbortSignal): Promise<TextAnswer>;
  /** Whether the server is there, takes the key and has the model, without asking it anything. @throws why not */
  check(): Promise<void>;
}

/** No answer came, or one that nobody can make out. */
export class AnswerLost extends AmbiguousOutcome {
  constructor(address: string, said: string, cause: unknown) {
    super({
      code: 'TEXT_ANSWER_LOST',
      given: `The language model at ${address} gave no answer (${said}); it may be charged all the same`,
      cause,
    });
  }
}

/** Its server asks for less. */
export class TextModelBusy extends Unavailable {
  readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number, said: string, cause: unknown) {
    super({ code: 'TEXT_MODEL_BUSY', given: `The language model asked to slow down (${said})`, cause });
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
