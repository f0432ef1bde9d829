import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** The one logger: JSON lines on standard error, so that standard output stays data. */
export function createLogger(level: string): Logger {
  return pino(
    {
      level,
      base: { service: 'screentest' },
      redact: {
        paths: ['apiKey', '*.apiKey', 'headers.authorization', '*.headers.authorization'],
        censor: 'redacted',
      },
    },
    pino.destination({ dest: 2, sync: true }),
  );
}
