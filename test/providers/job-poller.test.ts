import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createJobPoller, type JobPoller } from '../../providers/job-poller.ts';
import { createOpenAICompatibleProvider } from '../../providers/openai-compatible/provider.ts';
import { until } from '../local/support/until.ts';
import { json, type OddServer, startOddServer } from './odd-server.ts';

let server: OddServer;
let poller: JobPoller;
let jobs: Map<string, string>;
let troubles: string[];
let asked: number;
let past: readonly number[];

const pastDurations = async () => past;

beforeEach(async () => {
  server = await startOddServer();
  jobs = new Map();
  server.answer = (request, response) => answerAsJobs(request.url ?? '', response);
  poller = createJobPoller(providerOf(server), { unknownForMs: 2000, patienceMs: 500, pastDurations });
  troubles = [];
  asked = 0;
  past = [];
});
afterEach(() => server.stop());

function providerOf({ url }: OddServer) {
  return createOpenAICompatibleProvider({
    baseUrl: url,
    apiKey: 'test',
    honoursIdempotencyKeys: false,
    cancelsJobs: false,
  });
}

function answerAsJobs(url: string, response: Parameters<OddServer['answer']>[1], headers = {}): void {
  const id = /videos\/(.+)$/.exec(url)?.[1];
  const known = [...jobs].map(([jobId, status]) => ({ id: jobId, status }));
  if (id === undefined) json(response, 200, { data: known });
  else if (jobs.has(id)) json(response, 200, { id, status: jobs.get(id) }, headers);
  else json(response, 404, {});
}

function wait(id: string, signal = new AbortController().signal, submittedAt = new Date()) {
  return poller.untilFinal({ id, model: 'sora-2', submittedAt }, signal, {
    asked: () => {
      asked += 1;
    },
    seen: () => {},
    troubled: (trouble) => troubles.push(trouble instanceof Error ? trouble.message : String(trouble)),
  });
}

describe('waiting for jobs', () => {
  test('many waits share their requests: one page of the list, whatever their number', async () => {
    const ids = Array.from({ length: 40 }, (_, at) => `job-${at}`);
    for (const id of ids) jobs.set(id, 'completed');
    const done = await Promise.all(ids.map((id) => wait(id)));
    expect(done.map(({ id }) => id)).toEqual(ids);
    expect(server.requests).toEqual(['GET /videos']);
  });

  test('hundreds of waits take a page of the list for each hundred', async () => {
    const ids = Array.from({ length: 250 }, (_, at) => `job-${at}`);
    server.answer = (request, response) => {
      const after = new URL(request.url ?? '', 'http://odd').searchParams.get('after');
      const from = after === null ? 0 : ids.indexOf(after) + 1;
      const data = ids.slice(from, from + 100).map((id) => ({ id, status: 'completed' }));
      json(response, 200, { data, has_more: from + 100 < ids.length });
    };
    await Promise.all(ids.map((id) => wait(id)));
    expect(server.requests).toEqual(Array(3).fill('GET /videos'));
  });

  test('from four jobs on the list is asked, below that the jobs themselves', async () => {
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) jobs.set(id, 'completed');
    await Promise.all(['a', 'b', 'c'].map((id) => wait(id)));
    expect(server.requests.toSorted()).toEqual(['GET /videos/a', 'GET /videos/b', 'GET /videos/c']);
    server.requests.length = 0;
    await Promise.all(['d', 'e', 'f', 'g'].map((id) => wait(id)));
    expect(server.requests).toEqual(['GET /videos']);
  });

  test('outages, rate limits and a refused key are waited out, and told', async () => {
    jobs.set('a', 'completed');
    const answers = [
      (response: Parameters<OddServer['answer']>[1]) => json(response, 503, {}),
      (response: Parameters<OddServer['answer']>[1]) => json(response, 401, {}),
      (response: Parameters<OddServer['answer']>[1]) => response.destroy(),
      (response: Parameters<OddServer['answer']>[1]) =>
        json(response, 429, { error: { message: 'one a second' } }, { 'retry-after': '0.3' }),
    ];
    server.answer = (request, response) => {
      const answer = answers.shift();
      if (answer === undefined) answerAsJobs(request.url ?? '', response);
      else answer(response);
    };
    await expect(wait('a')).resolves.toMatchObject({ status: 'completed' });
    expect(server.requests).toHaveLength(5);
    expect(troubles).toHaveLength(4);
    expect(troubles[3]).toContain('one a second');
  });

  test("a rate limit's time is kept", async () => {
    jobs.set('a', 'completed');
    const times: number[] = [];
    server.answer = (request, response) => {
      times.push(Date.now());
      if (times.length === 1) json(response, 429, {}, { 'retry-after': '1' });
      else answerAsJobs(request.url ?? '', response);
    };
    await wait('a');
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(990);
  });

  test("the provider's own hint decides when to ask again", async () => {
    jobs.set('a', 'in_progress');
    const times: number[] = [];
    server.answer = (request, response) => {
      times.push(Date.now());
      if (times.length === 4) jobs.set('a', 'completed');
      const hint = times.length === 3 ? '900' : '20';
      answerAsJobs(request.url ?? '', response, { 'openai-poll-after-ms': hint });
    };
    await wait('a');
    const [first = 0, second = 0, third = 0, fourth = 0] = times;
    expect(third - first).toBeLessThan(fourth - third);
    expect(second).toBeGreaterThan(first);
    expect(fourth - third).toBeGreaterThanOrEqual(890);
  });

  test('an abort ends its own wait at once, and no other', async () => {
    for (const id of ['a', 'b']) jobs.set(id, 'in_progress');
    const stopping = new AbortController();
    const [a, b] = [wait('a', stopping.signal), wait('b')];
    await until('both were asked about', () => server.requests.length >= 2);
    stopping.abort(new Error('enough'));
    await expect(a).rejects.toThrow('enough');
    jobs.set('b', 'completed');
    await expect(b).resolves.toMatchObject({ status: 'completed' });
  });

  test('a job whose answer is broken for ever does not keep the others waiting', async () => {
    jobs.set('good', 'completed');
    const stopping = new AbortController();
    server.answer = (request, response) => {
      if (request.url?.endsWith('broken')) json(response, 500, {});
      else answerAsJobs(request.url ?? '', response);
    };
    const broken = wait('broken', stopping.signal);
    await expect(wait('good')).resolves.toMatchObject({ status: 'completed' });
    stopping.abort(new Error('enough'));
    await expect(broken).rejects.toThrow('enough');
  });

  test('a server without a list has its jobs asked for one by one, and the list is not tried again', async () => {
    const ids = ['a', 'b', 'c', 'd'];
    for (const id of ids) jobs.set(id, 'in_progress');
    server.answer = (request, response) => {
      if (/videos\?|videos$/.test(request.url ?? '')) json(response, 405, {});
      else answerAsJobs(request.url ?? '', response, { 'openai-poll-after-ms': '20' });
    };
    const waits = ids.map((id) => wait(id));
    await until('all were asked about twice', () => server.requests.length >= 9);
    for (const id of ids) jobs.set(id, 'completed');
    await Promise.all(waits);
    expect(server.requests.filter((request) => request === 'GET /videos')).toHaveLength(1);
  });

  test('however many jobs are asked for one by one, at most 20 are at a time', async () => {
    const ids = Array.from({ length: 50 }, (_, at) => `job-${at}`);
    for (const id of ids) jobs.set(id, 'completed');
    let asking = 0;
    let most = 0;
    server.answer = (request, response) => {
      if (/videos\?|videos$/.test(request.url ?? '')) return json(response, 405, {});
      asking += 1;
      most = Math.max(most, asking);
      setTimeout(() => {
        asking -= 1;
        answerAsJobs(request.url ?? '', response);
      }, 20);
    };
    await Promise.all(ids.map((id) => wait(id)));
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(20);
  });

  test('a job that the provider does not know, asked again and again, is gone, but not before its time', async () => {
    const started = Date.now();
    await expect(wait('lost')).rejects.toMatchObject({ code: 'JOB_GONE' });
    expect(server.requests.length).toBeGreaterThan(5);
    expect(Date.now() - started).toBeGreaterThanOrEqual(2000);
  });

  test('a question that was answered with an error was a question too', async () => {
    jobs.set('a', 'completed');
    server.answer = (request, response) => {
      if (server.requests.length <= 2) json(response, 503, {});
      else answerAsJobs(request.url ?? '', response);
    };
    await wait('a');
    expect(asked).toBe(3);
  });

  test('a rate limit holds for every job, since it is the account that is limited', async () => {
    for (const id of ['a', 'b']) jobs.set(id, 'completed');
    const times: number[] = [];
    server.answer = (request, response) => {
      times.push(Date.now());
      if (times.length === 1) json(response, 429, {}, { 'retry-after': '1' });
      else answerAsJobs(request.url ?? '', response);
    };
    const first = wait('a');
    await until('the limit was met', () => troubles.length === 1);
    await Promise.all([first, wait('b')]);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(990);
  });

  test('a rate limit that only some of the jobs meet is kept as well', async () => {
    for (const id of ['a', 'b']) jobs.set(id, 'in_progress');
    const times: number[] = [];
    server.answer = (request, response) => {
      times.push(Date.now());
      if (times.length <= 2 && request.url?.endsWith('b')) json(response, 429, {}, { 'retry-after': '1' });
      else answerAsJobs(request.url ?? '', response, { 'openai-poll-after-ms': '20' });
    };
    const waits = ['a', 'b'].map((id) => wait(id));
    await until('both were asked about', () => times.length === 2);
    for (const id of ['a', 'b']) jobs.set(id, 'completed');
    await Promise.all(waits);
    expect((times[2] ?? 0) - (times[1] ?? 0)).toBeGreaterThanOrEqual(980);
  });

  test('a job whose status takes for ever holds up the others once, and not again', async () => {
    for (const id of ['stuck', 'a', 'b']) jobs.set(id, 'in_progress');
    const answers: number[] = [];
    server.answer = (request, response) => {
      if (request.url?.endsWith('stuck')) return;
      if (request.url?.endsWith('/a')) answers.push(Date.now());
      answerAsJobs(request.url ?? '', response, { 'openai-poll-after-ms': '50' });
    };
    const stopping = new AbortController();
    const stuck = wait('stuck', stopping.signal);
    const others = Promise.all([wait('a'), wait('b')]);
    await until('the others were asked about often', () => answers.length >= 8);
    for (const id of ['a', 'b']) jobs.set(id, 'completed');
    await others;
    const pauses = answers.slice(1).map((at, index) => at - (answers[index] ?? 0));
    expect(pauses.filter((pause) => pause > 450)).toHaveLength(1);
    expect(server.requests.filter((request) => request.endsWith('stuck'))).toHaveLength(2);
    stopping.abort(new Error('enough'));
    await expect(stuck).rejects.toThrow('enough');
  });

  test('nothing more is asked, and nothing is left waiting for an answer, once nobody waits', async () => {
    let isGone = false;
    server.answer = (_, response) => {
      response.on('close', () => {
        isGone = true;
      });
    };
    const stopping = new AbortController();
    const given = wait('a', stopping.signal);
    await until('it was asked about', () => server.requests.length === 1);
    stopping.abort(new Error('enough'));
    await expect(given).rejects.toThrow('enough');
    await until('the request was given up', () => isGone);
    expect(server.requests).toHaveLength(1);
  });
});

describe('how long a wait is', () => {
  test("follows what this model's jobs took before this process", async () => {
    past = [2000, 1000, 1100, 1200];
    jobs.set('a', 'completed');
    const started = Date.now();
    await wait('a');
    expect(Date.now() - started).toBeGreaterThanOrEqual(990 - 20);
    expect(server.requests).toHaveLength(1);
  });

  test('counts from when the provider took the job, and not from when a worker began to wait', async () => {
    past = [60_000];
    jobs.set('a', 'completed');
    await wait('a', new AbortController().signal, new Date(Date.now() - 59_000));
    expect(server.requests).toHaveLength(1);
  });

  test('does without what is known, where that can not be read', async () => {
    jobs.set('a', 'completed');
    poller = createJobPoller(providerOf(server), {
      pastDurations: () => Promise.reject(new Error('the database is away')),
    });
    await expect(wait('a')).resolves.toMatchObject({ status: 'completed' });
  });

  test('shrinks when jobs turn out to be over at the first look', async () => {
    past = [1200];
    for (const id of ['a', 'b', 'c']) jobs.set(id, 'completed');
    const took: number[] = [];
    for (const id of ['a', 'b', 'c']) {
      const started = Date.now();
      await wait(id);
      took.push(Date.now() - started);
    }
    const [first = 0, second = 0, third = 0] = took;
    expect(second).toBeLessThan(first * 0.7);
    expect(third).toBeLessThanOrEqual(second + 50);
  });
});

describe('news that a job is over', () => {
  test('has it asked about at once', async () => {
    past = [60_000];
    jobs.set('a', 'completed');
    const started = Date.now();
    const done = wait('a');
    await Promise.resolve();
    setTimeout(() => poller.nudge('a'), 100);
    await expect(done).resolves.toMatchObject({ status: 'completed' });
    expect(Date.now() - started).toBeLessThan(5000);
  });

  test('that comes before anybody waits for the job is remembered', async () => {
    past = [60_000];
    jobs.set('a', 'completed');
    poller.nudge('a');
    const started = Date.now();
    await wait('a');
    expect(Date.now() - started).toBeLessThan(5000);
  });

  test('is not believed: the provider says how it is, and the wait goes on', async () => {
    past = [1500];
    jobs.set('a', 'in_progress');
    const done = wait('a');
    setTimeout(() => poller.nudge('a'), 50);
    await until('it was asked about', () => server.requests.length === 1);
    jobs.set('a', 'completed');
    await expect(done).resolves.toMatchObject({ status: 'completed' });
    expect(server.requests).toHaveLength(2);
  });

  test('that comes while the job is asked about has it asked about once more', async () => {
    past = [60_000];
    jobs.set('a', 'in_progress');
    server.answer = (request, response) => {
      if (server.requests.length > 1) return answerAsJobs(request.url ?? '', response);
      poller.nudge('a');
      setTimeout(() => {
        answerAsJobs(request.url ?? '', response, { 'openai-poll-after-ms': '60000' });
        jobs.set('a', 'completed');
      }, 50);
    };
    poller.nudge('a');
    await expect(wait('a')).resolves.toMatchObject({ status: 'completed' });
    expect(server.requests).toHaveLength(2);
  });

  test('about jobs of others changes nothing', async () => {
    for (let at = 0; at < 3000; at++) poller.nudge(`other-${at}`);
    jobs.set('a', 'completed');
    await wait('a');
    expect(server.requests).toEqual(['GET /videos/a']);
  });
});
