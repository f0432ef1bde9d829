import type { DialectName } from '../../domain/dialects.ts';

/**
 * What can't be read off a server's answers, since servers contradict each other in it. Whatever can be (words for a
 * status, forms of errors, ids and times) is understood in every dialect: see `openai-jobs.ts` and `openai-answers.ts`.
 */
export interface Dialect {
  /** The headers that carry the key; null leaves one out that would be sent. */
  readonly keyHeaders: (apiKey: string) => Readonly<Record<string, string | null>>;
  /** Sent with every request, unless the base URL has its own. */
  readonly query: Readonly<Record<string, string>>;
  /** How an order is sent: a form is what the protocol's own client sends. */
  readonly ordersAs: 'form' | 'json';
  /** False is the careful answer to these two: no second order, no deletion. */
  readonly honoursIdempotencyKeys: boolean;
  readonly cancelsJobs: boolean;
  /** A list without prompts saves questions, but no lost job is found in it. */
  readonly list: 'with prompts' | 'without prompts' | 'none';
  /** A question about a job that is refused (400 or 422) means that the job was; else it says nothing about it. */
  readonly refusalEndsJob: boolean;
  /** The code of an error that stands for 404, where an unknown job has another status. */
  readonly unknownJobCode: string | undefined;
  /** Of the answer to an order: what it costs, in dollars. */
  readonly costHeader: string | undefined;
}

const PLAIN: Dialect = {
  keyHeaders: (apiKey) => ({ authorization: `Bearer ${apiKey}` }),
  query: {},
  ordersAs: 'form',
  honoursIdempotencyKeys: false,
  cancelsJobs: false,
  list: 'with prompts',
  refusalEndsJob: false,
  unknownJobCode: undefined,
  costHeader: undefined,
};

export const DIALECT: Readonly<Record<DialectName, Dialect>> = {
  // Any server may be behind this one, so that a refusal is taken as vLLM-Omni means it.
  openai: { ...PLAIN, refusalEndsJob: true },
  // learn.microsoft.com/azure/foundry/openai/concepts/video-generation
  azure: {
    ...PLAIN,
    keyHeaders: (apiKey) => ({ 'api-key': apiKey, authorization: null }),
    query: { 'api-version': 'preview' },
  },
  // docs.litellm.ai/docs/videos: its list is one upstream account's, whose jobs go by other ids there, so that a job
  // which is taken already would look like one that was lost. The header is on every answer, and is the price on
  // that of the order alone.
  litellm: { ...PLAIN, list: 'none', costHeader: 'x-litellm-response-cost' },
  // github.com/QuantumNous/new-api: a job is a task, there is neither a list nor a DELETE.
  'new-api': { ...PLAIN, list: 'none', unknownJobCode: 'task_not_exist' },
  // github.com/sgl-project/sglang: a form without a picture is refused, also by models that need none. DELETE forgets
  // the job, and the rendering goes on.
  sglang: { ...PLAIN, ordersAs: 'json', list: 'without prompts' },
  // github.com/vllm-project/vllm-omni: DELETE stops the rendering; a job that failed is told with the status of its error.
  'vllm-omni': { ...PLAIN, cancelsJobs: true, refusalEndsJob: true },
};
