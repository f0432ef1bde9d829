const REMEMBERED = 20;

/** How long jobs took, model by model, from the provider taking one to seeing that it is over. */
export interface JobDurations {
  /** Reads what is known from before this process, once a model. Where that fails, nothing is known. */
  recall(model: string): Promise<void>;
  /** What three of four jobs of this model took at least, in milliseconds; undefined before one is known. */
  usual(model: string): number | undefined;
  add(model: string, durationMs: number): void;
}

/** @param past the newest durations of a model's jobs, in milliseconds and in any order */
export function createJobDurations(past: (model: string) => Promise<readonly number[]>): JobDurations {
  const known = new Map<string, readonly number[]>();
  const recalls = new Map<string, Promise<void>>();

  function add(model: string, ...durations: readonly number[]): void {
    known.set(model, [...(known.get(model) ?? []), ...durations].slice(-REMEMBERED));
  }

  async function read(model: string): Promise<void> {
    try {
      add(model, ...(await past(model)));
    } catch {
      // Waiting goes on without it, and the next job's wait asks again.
      recalls.delete(model);
    }
  }

  return {
    recall(model) {
      const recall = recalls.get(model) ?? read(model);
      recalls.set(model, recall);
      return recall;
    },
    usual(model) {
      const durations = known.get(model)?.toSorted((a, b) => a - b) ?? [];
      // A quarter, and not the middle: some were seen late, since no worker was there.
      return durations[Math.floor(durations.length / 4)];
    },
    add: (model, durationMs) => add(model, durationMs),
  };
}
