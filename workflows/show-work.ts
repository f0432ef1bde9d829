import { setCurrentDetails, upsertMemo } from '@temporalio/workflow';

/** What a run did so far, where a person with the Web UI looks: its details while it runs, its memo ever after. */
export function showWork(done: Readonly<Record<string, number | readonly string[]>>): void {
  const lines = Object.entries(done).map(([what, items]) => `- ${what}: ${textOf(items)}`);
  setCurrentDetails(lines.join('\n'));
  upsertMemo(done);
}

function textOf(items: number | readonly string[]): string {
  if (typeof items === 'number') return String(items);
  return items.length === 0 ? 'none' : items.join(', ');
}
