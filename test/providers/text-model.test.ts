import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { PreconditionFailed, Refused, Unavailable } from '../../domain/errors.ts';
import { createChatCompletions } from '../../providers/text/chat-completions.ts';
import { chooseWriter, examineWriter } from '../../providers/text/choose-text-model.ts';
import { readTexts } from '../../providers/text/structured-answer.ts';
import {
  AnswerLost,
  type TextAnswer,
  type TextModel,
  TextModelBusy,
  type TextRequest,
} from '../../providers/text/text-model.ts';
import type { FaultInput } from '../../simulator/faults.ts';
import type { SimulatorOptions } from '../../simulator/options.ts';
import { type Rig, startRig } from '../simulator/client.ts';

const KEY = 'sk-canary-0123456789';
const REQUEST: TextRequest = {
  messages: [
    { role: 'system', content: 'Word the levels.' },
    { role: 'user', content: 'A cup of coffee.' },
  ],
  keys: ['level1', 'level2'],
  mostOutputTokens: 500,
};
const never = new AbortController().signal;

function modelAt(baseUrl: string, changes: { model?: string; timeoutMs?: number } = {}): TextModel {
  const price = { usdPerMillionInput: 2, usdPerMillionOutput: 10 };
  return createChatCompletions({
    baseUrl,
    apiKey: KEY,
    model: 'simulated-writer',
    price,
    timeoutMs: 5000,
    ...changes,
  });
}

async function rigWith(
  options: SimulatorOptions,
  ...faults: FaultInput[]
): Promise<{ rig: Rig; model: TextModel }> {
  const rig = await startRig({ ...options, faults });
  return { rig, model: modelAt(rig.simulator.url) };
}

const ask = (model: TextModel) => model.answer(REQUEST, never);

function textsOf(answer: TextAnswer): Readonly<Record<string, string>> {
  const read = readTexts(REQUEST, answer);
  if ('texts' in read) return read.texts;
  throw new Error(`not usable: ${JSON.stringify(read)}`);
}

async function chatsOf({ simulator }: Rig): Promise<readonly { answered?: string }[]> {
  const answer: { chats: { answered?: string }[] } = JSON.parse(
    await (await fetch(`${simulator.adminUrl}/chats`)).text(),
  );
  return answer.chats;
}

describe('a language model behind chat completions', () => {
  test('answers with a text for each key, the same to the same question, and counts its tokens', async () => {
    const { model } = await rigWith({});
    const answer = await ask(model);
    const texts = textsOf(answer);
    expect(Object.keys(texts)).toEqual(['level1', 'level2']);
    expect(texts.level1).not.toBe(texts.level2);
    expect(textsOf(await ask(model))).toEqual(texts);
    expect(answer.usage?.inputTokens).toBeGreaterThan(5);
    expect(answer.usage?.outputTokens).toBeGreaterThan(5);
  });

  test.each(['json_object', 'none'] as const)(
    'is asked in words where its server takes no schema, only %s',
    async (textFormat) => {
      const { rig, model } = await rigWith({ textFormat });
      expect(Object.keys(textsOf(await ask(model)))).toEqual(['level1', 'level2']);
      const before = (await chatsOf(rig)).length;
      await ask(model);
      // What was found out is remembered: the second question is sent once.
      expect((await chatsOf(rig)).length).toBe(before + 1);
    },
  );

  test('is told the most tokens under the newer name where its server refuses the older one', async () => {
    const { model } = await rigWith({ wantsMaxCompletionTokens: true });
    expect(Object.keys(textsOf(await ask(model)))).toEqual(['level1', 'level2']);
  });

  test.each([
    ['refusal', "I'm sorry"],
    ['content_filter', 'filter'],
  ] as const)('that refuses is understood: %s', async (how, words) => {
    const { model } = await rigWith({}, { on: 'chat', does: 'refuse', how });
    const answer = await ask(model);
    expect(readTexts(REQUEST, answer)).toEqual({ refusal: expect.stringContaining(words) });
    expect(answer.usage).toBeDefined();
  });

  test('whose filter refuses the question itself has refused too, and charges nothing', async () => {
    const { model } = await rigWith(
      {},
      {
        on: 'chat',
        does: 'answer',
        status: 400,
        code: 'content_filter',
        message: 'The prompt was filtered.',
      },
    );
    expect(await ask(model)).toMatchObject({
      refusal: expect.stringContaining('The prompt was filtered.'),
      usage: { inputTokens: 0, outputTokens: 0 },
    });
  });

  test.each([
    ['chatter', /not JSON/],
    ['misfit', /level1.*note/],
    ['cut', /cut off/],
  ] as const)('says what is wrong with an answer that can’t be used: %s', async (does, problem) => {
    const { model } = await rigWith({}, { on: 'chat', does });
    expect(readTexts(REQUEST, await ask(model))).toEqual({ problem: expect.stringMatching(problem) });
  });

  test('that does not count its tokens answers all the same', async () => {
    const { model } = await rigWith({}, { on: 'chat', does: 'uncounted' });
    const answer = await ask(model);
    expect(answer.usage).toBeUndefined();
    expect(Object.keys(textsOf(answer))).toHaveLength(2);
  });

  test('tells for how long to leave it alone', async () => {
    const { model } = await rigWith({}, { on: 'chat', does: 'answer', status: 429, retryAfterSeconds: 7 });
    await expect(ask(model)).rejects.toBeInstanceOf(TextModelBusy);
    await expect(
      (await rigWith({}, { on: 'chat', does: 'answer', status: 429, retryAfterSeconds: 7 })).model.answer(
        REQUEST,
        never,
      ),
    ).rejects.toMatchObject({ retryAfterSeconds: 7 });
  });

  test.each([500, 503])('that answers with %i was not paid, and may be asked again', async (status) => {
    const { model } = await rigWith({}, { on: 'chat', does: 'answer', status });
    await expect(ask(model)).rejects.toBeInstanceOf(Unavailable);
    expect(Object.keys(textsOf(await ask(model)))).toHaveLength(2);
  });

  test('that has no quota left, or does not take the key, is not asked again', async () => {
    const { model } = await rigWith(
      {},
      { on: 'chat', does: 'answer', status: 429, code: 'insufficient_quota' },
      { on: 'chat', does: 'answer', status: 401, message: 'Incorrect API key: {key}.' },
    );
    await expect(ask(model)).rejects.toBeInstanceOf(Refused);
    const error = await ask(model).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Refused);
    expect(String(error)).not.toContain(KEY);
    expect(String(error)).toContain('TEXT_API_KEY');
  });

  test('may have been paid where no answer came: the connection broke, or it took too long', async () => {
    const { rig, model } = await rigWith(
      {},
      { on: 'chat', does: 'drop' },
      { on: 'chat', does: 'hang', milliseconds: 20_000 },
    );
    await expect(ask(model)).rejects.toBeInstanceOf(AnswerLost);
    const hurried = modelAt(rig.simulator.url, { timeoutMs: 300 });
    await expect(ask(hurried)).rejects.toBeInstanceOf(AnswerLost);
  });

  test('was surely not paid where nobody listens', async () => {
    await expect(ask(modelAt('http://127.0.0.1:2/v1'))).rejects.toBeInstanceOf(Unavailable);
  });

  test('gives up at once when it is told to', async () => {
    const { model } = await rigWith({}, { on: 'chat', does: 'hang', milliseconds: 20_000 });
    const stop = new AbortController();
    const answer = model.answer(REQUEST, stop.signal);
    stop.abort(new Error('enough'));
    await expect(answer).rejects.toThrow('enough');
  });

  test('is examined without asking it anything', async () => {
    const { rig, model } = await rigWith({});
    await model.check();
    await expect(modelAt(rig.simulator.url, { model: 'another' }).check()).rejects.toThrow(
      /"another" is not at .*Allowed: simulated-writer.*TEXT_MODEL/s,
    );
    await expect(modelAt(rig.simulator.url, { model: 'another' }).check()).rejects.toBeInstanceOf(
      PreconditionFailed,
    );
    await expect(ask(modelAt(rig.simulator.url, { model: 'another' }))).rejects.toThrow(
      /model_not_found|does not exist/,
    );
    expect(await chatsOf(rig)).toEqual([]);
  });

  test('may be at a server that has no list of models, or answers with no chat at all', async () => {
    const server = createServer((request, response) => {
      const isList = request.url?.endsWith('/models') === true;
      response.writeHead(isList ? 404 : 200, { 'content-type': 'application/json' });
      response.end(isList ? '{}' : '{"hello": "world"}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    stops.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    const model = modelAt(`http://127.0.0.1:${port}/v1`);
    await model.check();
    await expect(ask(model)).rejects.toBeInstanceOf(AnswerLost);
  });
});

describe('the language model of a worker', () => {
  const settings = (url: string) => ({
    TEXT_API_BASE_URL: url,
    TEXT_API_KEY: KEY,
    TEXT_MODEL: 'simulated-writer',
    TEXT_USD_PER_MILLION_INPUT_TOKENS: 2,
    TEXT_USD_PER_MILLION_OUTPUT_TOKENS: 10,
    TEXT_BUDGET_USD: 0.5,
    TEXT_TIMEOUT_SECONDS: 5,
  });

  test('is none where the settings name none, and that is well', async () => {
    const none = { TEXT_BUDGET_USD: 0.5, TEXT_TIMEOUT_SECONDS: 5 };
    expect(chooseWriter(none)).toBeUndefined();
    expect(await examineWriter(none)).toContain("the library's words");
  });

  test('is said to answer, or what is wrong with it', async () => {
    const rig = await startRig({ textApiKey: KEY });
    expect(await examineWriter(settings(rig.simulator.url))).toBe(
      `simulated-writer answers at ${rig.simulator.url}`,
    );
    const other = { ...settings(rig.simulator.url), TEXT_API_KEY: 'another key' };
    await expect(examineWriter(other)).rejects.toThrow(/401.*TEXT_API_KEY/s);
  });
});

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});
