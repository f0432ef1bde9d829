export interface ApiErrorParts {
  readonly status: number;
  readonly message: string;
  /** OpenAI's coarse class of errors. */
  readonly type?: string;
  readonly code?: string | null;
  /** The parameter that is at fault. */
  readonly param?: string | null;
  readonly retryAfterSeconds?: number | undefined;
}

/** An answer in the shape of OpenAI's errors (platform.openai.com/docs/guides/error-codes). */
export class ApiError extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly error: Readonly<Record<'message' | 'type' | 'param' | 'code', string | null>> };
  private readonly parts: ApiErrorParts;

  constructor(parts: ApiErrorParts) {
    const { status, message, type, code = null, param = null, retryAfterSeconds } = parts;
    super(message);
    this.parts = parts;
    this.name = 'ApiError';
    this.status = status;
    this.headers = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
    this.body = { error: { message, type: type ?? 'invalid_request_error', param, code } };
  }

  /** As the sender of `key` is told it: `{key}` in the message is replaced by it. */
  saidTo(key: string | undefined): ApiError {
    return new ApiError({ ...this.parts, message: this.message.replaceAll('{key}', key ?? '') });
  }
}

export function invalid(param: string, message: string): ApiError {
  return new ApiError({ status: 400, message, param, code: 'invalid_value' });
}
