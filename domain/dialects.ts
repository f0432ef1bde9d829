/** The ways in which servers speak the `/v1/videos` protocol; `openai` is the plain one. */
export const DIALECTS = ['openai', 'azure', 'litellm', 'new-api', 'sglang', 'vllm-omni'] as const;

export type DialectName = (typeof DIALECTS)[number];
