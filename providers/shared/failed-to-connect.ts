import { z } from 'zod';

const NO_CONNECTION: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
]);
/** A write can fail with some of these codes too, and then something may have been sent. */
const CONNECTING: ReadonlySet<string> = new Set(['connect', 'getaddrinfo']);

const causeSchema = z.object({
  code: z.string().optional().catch(undefined),
  syscall: z.string().optional().catch(undefined),
  // Where a name has several addresses, an error for each.
  errors: z.array(z.unknown()).optional().catch(undefined),
  cause: z.unknown().optional(),
});

/** Whether a request's error, or what caused it, says that it never left. */
export function failedToConnect(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { code = '', syscall = '', errors = [], cause } = causeSchema.parse(error);
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return true;
  if (NO_CONNECTION.has(code) && CONNECTING.has(syscall)) return true;
  if (errors.length > 0) return errors.every(failedToConnect);
  return failedToConnect(cause);
}
