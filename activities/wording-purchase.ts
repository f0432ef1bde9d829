import { createHash } from 'node:crypto';
import { Context } from '@temporalio/activity';
import type { BudgetRules } from '../database/budget.ts';
import type { Database } from '../database/client.ts';
import {
  findAnswer,
  giveUpWording,
  type KeptAnswer,
  keepAnswer,
  reserveWording,
  type WordingRequest,
} from '../database/level-wordings.ts';
import { AmbiguousOutcome } from '../domain/errors.ts';
import type { MicroUsd } from '../domain/money.ts';
import { costOfTokens, mostInputTokens } from '../domain/text-price.ts';
import { WRITER_VERSION, type WritingTask } from '../planning/writing/task.ts';
import type { Writer } from '../providers/text/choose-text-model.ts';
import { type TextAnswer, TextModelBusy, type TextRequest } from '../providers/text/text-model.ts';
import { waitedOut } from '../providers/video-provider.ts';

/** Milliseconds between two attempts at keeping what was paid for. */
const KEEP_AGAIN_MS = 1000;

/** One answer a question, however often it is asked for: by a worker after another, or by a group after another. */
export interface WordingBuyer {
  /**
   * @throws what `TextModel.answer` does, but for an answer that is lost, which is waited out;
   *   PreconditionFailed (WRITING_BUDGET_EXCEEDED)
   */
  answerTo(task: WritingTask): Promise<KeptAnswer>;
}

export interface Purchase {
  readonly database: Database;
  readonly writer: Writer;
  readonly budget: { readonly group: MicroUsd; readonly rules: BudgetRules };
  readonly asker: Pick<WordingRequest, 'groupId' | 'ventureId' | 'startedBy'>;
  /** Until when, in milliseconds since 1970, a limit of the server's is waited out. */
  readonly deadline: number;
  /** Told when the server wants everyone to wait. */
  readonly onPause: (error: TextModelBusy, until: number) => void;
}

export function createWordingBuyer(purchase: Purchase): WordingBuyer {
  const { database, writer, budget, asker, deadline, onPause } = purchase;
  const { model } = writer;
  const context = Context.current();
  /** For all that is asked at once: the limit is the account's. */
  let pausedUntil = 0;

  async function answerTo(task: WritingTask): Promise<KeptAnswer> {
    const { factor, messages, mostOutputTokens, levels } = task;
    const request: TextRequest = { messages, mostOutputTokens, keys: levels.map(({ key }) => key) };
    const promptSha256 = sha256(JSON.stringify([WRITER_VERSION, model.name, request]));
    const row: WordingRequest = { ...asker, factor, model: model.name, promptSha256 };
    return (await findAnswer(database, row)) ?? (await buy(request, row));
  }

  async function buy(request: TextRequest, row: WordingRequest): Promise<KeptAnswer> {
    const inputTokens = mostInputTokens(request.messages.map(({ content }) => content));
    const most = costOfTokens({ inputTokens, outputTokens: request.mostOutputTokens }, model.price);
    const id = await reserveWording(database, row, most, budget);
    const { usage, ...answer } = await send(request, id);
    const cost = usage === undefined ? most : costOfTokens(usage, model.price);
    await insist(() => keepAnswer(database, id, { answer, usage, cost }));
    return { id, answer };
  }

  async function send(request: TextRequest, id: string): Promise<TextAnswer> {
    for (;;) {
      try {
        // Another request may have heard meanwhile that all are to wait longer.
        while (Date.now() < pausedUntil) await context.sleep(pausedUntil - Date.now());
        return await model.answer(request, context.cancellationSignal);
      } catch (error) {
        if (error instanceof TextModelBusy) {
          const until = Date.now() + error.retryAfterSeconds * 1000;
          pausedUntil = Math.max(pausedUntil, until);
          if (until < deadline) {
            onPause(error, until);
            continue;
          }
        }
        const isLost = error instanceof AmbiguousOutcome || context.cancellationSignal.aborted;
        await giveUpWording(database, id, isLost);
        throw error instanceof AmbiguousOutcome ? waitedOut(error) : error;
      }
    }
  }

  /** It is paid for: while the database is away it is held here rather than bought again. */
  async function insist(keep: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        return await keep();
      } catch (error) {
        if (context.cancellationSignal.aborted || Date.now() > deadline) throw error;
        await context.sleep(KEEP_AGAIN_MS);
      }
    }
  }

  return { answerTo };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
