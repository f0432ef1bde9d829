import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until the condition holds; asks 50 times a second, so that nothing rests on a guessed delay. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  seconds = 15,
): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`);
    await sleep(20);
  }
}
