import { fromUsd, type MicroUsd } from '../../domain/money.ts';
import { createChatCompletions } from './chat-completions.ts';
import type { TextModel } from './text-model.ts';

/** What `config/environment.ts` has read; it has checked already that either all of what is needed is there, or none. */
export interface TextSettings {
  readonly TEXT_API_BASE_URL?: string | undefined;
  readonly TEXT_API_KEY?: string | undefined;
  readonly TEXT_MODEL?: string | undefined;
  readonly TEXT_USD_PER_MILLION_INPUT_TOKENS?: number | undefined;
  readonly TEXT_USD_PER_MILLION_OUTPUT_TOKENS?: number | undefined;
  readonly TEXT_BUDGET_USD: number;
  readonly TEXT_TIMEOUT_SECONDS: number;
}

/** A language model, and what a group may spend on it. */
export interface Writer {
  readonly model: TextModel;
  readonly groupBudget: MicroUsd;
}

/** Undefined where the settings name none: then all words are the library's. */
export function chooseWriter(settings: TextSettings): Writer | undefined {
  const {
    TEXT_API_BASE_URL: baseUrl,
    TEXT_API_KEY: apiKey,
    TEXT_MODEL: model,
    TEXT_USD_PER_MILLION_INPUT_TOKENS: usdPerMillionInput,
    TEXT_USD_PER_MILLION_OUTPUT_TOKENS: usdPerMillionOutput,
  } = settings;
  if (
    baseUrl === undefined ||
    apiKey === undefined ||
    model === undefined ||
    usdPerMillionInput === undefined ||
    usdPerMillionOutput === undefined
  ) {
    return undefined;
  }
  return {
    model: createChatCompletions({
      baseUrl,
      apiKey,
      model,
      price: { usdPerMillionInput, usdPerMillionOutput },
      timeoutMs: settings.TEXT_TIMEOUT_SECONDS * 1000,
    }),
    groupBudget: fromUsd(settings.TEXT_BUDGET_USD),
  };
}

/**
 * Asks the language model's server for something that costs nothing.
 * @throws what keeps it from writing
 */
export async function examineWriter(settings: TextSettings): Promise<string> {
  const writer = chooseWriter(settings);
  if (writer === undefined) return "none: levels have the library's words";
  await writer.model.check();
  return `${writer.model.name} answers at ${settings.TEXT_API_BASE_URL}`;
}
