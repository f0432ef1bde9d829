import { Context } from '@temporalio/activity';

/** Milliseconds between heartbeats: well under the shortest heartbeat timeout, 15 s. */
const INTERVAL_MS = 3000;

/** Keeps saying that this worker lives, with the newest details, until disposed. */
export function beatWhile<Details>(first: Details): {
  tell(details: Details): void;
  [Symbol.dispose](): void;
} {
  const context = Context.current();
  let details = first;
  const beat = () => context.heartbeat(details);
  const timer = setInterval(beat, INTERVAL_MS);
  return {
    tell(newest) {
      details = newest;
      beat();
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
