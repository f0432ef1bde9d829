import { remark } from './output.ts';
import { Interrupted } from './run.ts';

/** The first Ctrl-C stops in order; a second one leaves at once, and servers that we started end with us. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(130);
    remark('\nStopping (Ctrl-C again to leave at once).');
    controller.abort(new Interrupted());
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt).on('SIGHUP', interrupt);
  return controller.signal;
}
