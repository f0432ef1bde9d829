/**
 * Providers publish creates a minute and count them over a sliding one. An order is sent a little after it got its
 * turn, later or sooner than the one before: two seconds more keep those of any minute within the limit, and use
 * 96.8% of it.
 */
const LIMIT_SPANS_SECONDS = 62;
/** Milliseconds that turns may lag behind and make up for, at twice the pace; the two seconds above allow for it. */
const CATCH_UP_MS = 1000;
const CATCH_UP_PACE = 2;
/** What a refusal leaves of the pace, and the least it ever gets to. */
const SLOWED = 0.8;
const LEAST_PACE = 1 / 16;
/**
 * Turns handed out in so many seconds may wait in this process, or be on their way: on a busy machine an order takes a
 * second from the queue to its turn. The rest is better off in the queue, which is fair.
 */
const WAITING_SECONDS = 2;
const LEAST_WAITING = 2;

/** The right to send one order now. Its holder says what the provider thought of the pace, if it said so. */
export interface Turn {
  accepted(): void;
  /** The provider asked everyone to come back after so many seconds. */
  refused(retryAfterSeconds: number): void;
}

/** Spaces what one process sends for one account. */
export interface SubmitPacer {
  /** In the order in which they ask. @throws the signal's reason when it aborts first; nothing is used up then */
  turn(signal: AbortSignal): Promise<Turn>;
  /** An order on its way here: it counts as one that waits, until disposed. */
  announce(): Disposable;
  /** Until another one who asks would soon have a turn. @throws the signal's reason */
  untilFewWait(signal: AbortSignal): Promise<void>;
  /** What it would send in a minute now, and how many wait for their turn: for whoever watches. */
  ratePerMinute(): number;
  waiting(): number;
}

/**
 * One order after the other at the pace of the published limit, rather than all that a minute allows at once: some
 * providers count seconds as well. A 429 stops everyone for as long as the provider asks and takes a fifth off the
 * pace, once for all orders that were under way; orders that are taken bring a fifth back in about a minute.
 *
 * @param submitsPerMinute as the provider publishes it
 */
export function createSubmitPacer(submitsPerMinute: number): SubmitPacer {
  const perSecond = submitsPerMinute / LIMIT_SPANS_SECONDS;
  const mostWaiting = Math.max(LEAST_WAITING, Math.ceil(perSecond * WAITING_SECONDS));
  const recovery = (1 - SLOWED) / submitsPerMinute;
  const waiting = new Set<(turn: Turn) => void>();
  const watching = new Set<() => void>();
  /** Of the full rate, a share. */
  let pace = 1;
  /** When the next turn is due, and the earliest that it may be, by the clock that is never set. */
  let dueAt = 0;
  let notBefore = 0;
  let slowedAt = Number.NEGATIVE_INFINITY;
  let announced = 0;
  let timer: NodeJS.Timeout | undefined;

  function turn(signal: AbortSignal): Promise<Turn> {
    return whenCalled(waiting, signal, schedule);
  }

  function announce(): Disposable {
    announced += 1;
    return {
      [Symbol.dispose]() {
        announced -= 1;
        // After it has asked for its turn, which it does right away.
        setImmediate(callWatchers);
      },
    };
  }

  async function untilFewWait(signal: AbortSignal): Promise<void> {
    while (waiting.size + announced >= mostWaiting) await whenCalled(watching, signal);
  }

  function schedule(): void {
    clearTimeout(timer);
    if (waiting.size > 0) timer = setTimeout(next, Math.max(dueAt, notBefore) - performance.now());
    callWatchers();
  }

  /** One for each turn, or as many would come as watch, and wait here instead. */
  function callWatchers(): void {
    const [first] = watching;
    const few = waiting.size + announced;
    if (few === 0) for (const call of [...watching]) call();
    else if (few < mostWaiting) first?.();
  }

  function next(): void {
    const now = performance.now();
    const [call] = waiting;
    // A timer may go off a moment too early.
    if (call !== undefined && now >= Math.max(dueAt, notBefore)) {
      const spacingMs = 1000 / (perSecond * pace);
      dueAt = Math.max(dueAt, now - CATCH_UP_MS) + spacingMs;
      notBefore = now + spacingMs / CATCH_UP_PACE;
      call(handedOutAt(now));
    }
    schedule();
  }

  function handedOutAt(at: number): Turn {
    return {
      accepted() {
        pace = Math.min(1, pace + recovery);
      },
      refused(retryAfterSeconds) {
        const now = performance.now();
        if (at > slowedAt) {
          slowedAt = now;
          pace = Math.max(LEAST_PACE, pace * SLOWED);
        }
        dueAt = Math.max(dueAt, now + retryAfterSeconds * 1000);
        schedule();
      },
    };
  }

  return {
    turn,
    announce,
    untilFewWait,
    ratePerMinute: () => perSecond * pace * 60,
    waiting: () => waiting.size,
  };
}

/** Waits among `calls` until it is called with a result, or the signal aborts. */
function whenCalled<Result>(
  calls: Set<(result: Result) => void>,
  signal: AbortSignal,
  changed: () => void = () => {},
): Promise<Result> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const leave = () => {
      calls.delete(call);
      signal.removeEventListener('abort', giveUp);
    };
    const call = (result: Result) => {
      leave();
      resolve(result);
    };
    const giveUp = () => {
      leave();
      reject(signal.reason);
      changed();
    };
    calls.add(call);
    signal.addEventListener('abort', giveUp);
    changed();
  });
}
