import type OpenAI from 'openai';
import { z } from 'zod';
import type { ProviderJob } from '../video-provider.ts';
import { readableJobs } from './jobs.ts';

const PAGE = 100;
/** Pages read when looking for a job whose id was lost: the newest 1,000. */
const MOST_PAGES = 10;

const pageSchema = z.object({
  data: z.array(z.unknown()),
  has_more: z.boolean().nullish().catch(undefined),
  last_id: z.string().nullish().catch(undefined),
});

/**
 * Pages of the list, newest job first. Read without the package's paging, which takes a list that does not say
 * `has_more` (SGLang's) as over after its first page.
 */
export async function* newestPages(
  client: OpenAI,
  signal?: AbortSignal,
): AsyncGenerator<readonly ProviderJob[]> {
  let after: string | undefined;
  const seen = new Set<string>();
  for (let pages = 0; pages < MOST_PAGES; pages++) {
    const query = { limit: PAGE, order: 'desc', ...(after !== undefined && { after }) };
    const answer: unknown = await client.get('/videos', { query, ...(signal && { signal }) });
    const { data, has_more, last_id } = pageSchema.parse(answer);
    const jobs = readableJobs(data);
    // A server that does not know `after` gives its first page again.
    const fresh = jobs.filter(({ id }) => !seen.has(id));
    yield fresh;
    const isOver = has_more === false || (has_more !== true && data.length < PAGE);
    const isSame = jobs.length > 0 && fresh.length === 0;
    const last = last_id ?? jobs.at(-1)?.id;
    if (isOver || isSame || last === undefined || last === after) return;
    for (const { id } of fresh) seen.add(id);
    after = last;
  }
}
