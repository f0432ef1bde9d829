/** Runs what it is given side by side, at most so many at a time, in the order in which they came. */
export function sideBySide(atOnce: number): <Result>(work: () => Promise<Result>) => Promise<Result> {
  const waiting: (() => void)[] = [];
  let places = atOnce;
  return async (work) => {
    if (places === 0) await new Promise<void>((begin) => waiting.push(begin));
    else places -= 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) places += 1;
      else next();
    }
  };
}
