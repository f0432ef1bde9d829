import { Context } from '@temporalio/activity';
import type { Database } from '../database/client.ts';
import { judgeAnswer, writingCost } from '../database/level-wordings.ts';
import type { Brief } from '../domain/brief.ts';
import { PreconditionFailed, Refused, ScreentestError } from '../domain/errors.ts';
import type { GroupId } from '../domain/ids.ts';
import { fromUsd, type MicroUsd, microUsd } from '../domain/money.ts';
import type { Writing } from '../domain/writer.ts';
import { wordingKey } from '../planning/wording.ts';
import { problemWith } from '../planning/writing/check.ts';
import { obstacleTo } from '../planning/writing/obstacle.ts';
import { askedAgain, type WritingTask, writingTasks } from '../planning/writing/task.ts';
import { clipped } from '../providers/shared/error-words.ts';
import { forEachAtMost } from '../providers/shared/for-each-at-most.ts';
import type { Writer } from '../providers/text/choose-text-model.ts';
import { readKept, readTexts } from '../providers/text/structured-answer.ts';
import { TextModelBusy } from '../providers/text/text-model.ts';
import { beatWhile } from './heartbeat.ts';
import { createWordingBuyer, type WordingBuyer } from './wording-purchase.ts';

export interface WriteLevelsInput {
  readonly groupId: GroupId;
  readonly brief: Brief;
  readonly ventureId: string;
  readonly startedBy: string;
}

export interface WritingDependencies {
  readonly database: Database;
  /** Left out, this worker has no language model. */
  readonly writer?: Writer | undefined;
  readonly defaultMonthlyCap: MicroUsd | undefined;
  /** Milliseconds for which a server that is away or busy is waited for; then the library's words are taken. */
  readonly writerPatienceMs?: number;
}

const PATIENCE_MS = 600_000;
const ASKED_AT_ONCE = 4;

/** Texts by level. */
type Texts = Readonly<Record<string, string>>;

export type WritingActivities = ReturnType<typeof createWritingActivities>;

export function createWritingActivities({
  database,
  writer,
  defaultMonthlyCap,
  writerPatienceMs = PATIENCE_MS,
}: WritingDependencies) {
  /**
   * What a language model writes for the levels of a brief. A test is never kept waiting for words for long, nor fails
   * for want of them: what can't be had is the library's, and the warnings say why.
   */
  async function writeLevels({ brief, ...asker }: WriteLevelsInput): Promise<Writing> {
    if (writer === undefined)
      return unwritten('no worker has a language model: TEXT_API_BASE_URL is not set');
    const tasks = writingTasks(brief);
    if (tasks.length === 0) return unwritten('the brief has all words itself');
    const { info, cancellationSignal } = Context.current();
    const deadline = info.scheduledTimestampMs + writerPatienceMs;
    using work = beatWhile<object>({ status: 'asking', model: writer.model.name });
    const buyer = createWordingBuyer({
      database,
      writer,
      budget: { group: groupBudget(writer, brief), rules: { defaultMonthlyCap } },
      asker,
      deadline,
      onPause: (error, until) =>
        work.tell({ status: 'rate limited', until: new Date(until).toISOString(), said: error.message }),
    });
    const written = new Map<WritingTask, Texts>();
    const failed = new Map<WritingTask, ScreentestError>();

    async function attempt(task: WritingTask): Promise<void> {
      failed.delete(task);
      try {
        written.set(task, await textsFor(task, brief, buyer));
      } catch (error) {
        cancellationSignal.throwIfAborted();
        if (!(error instanceof ScreentestError) || isWorthWaiting(error, deadline)) throw error;
        failed.set(task, error);
      }
    }

    await forEachAtMost(ASKED_AT_ONCE, tasks, attempt);
    // What others had set aside for the worst is free again by now.
    const tooDear = tasks.filter((task) => failed.get(task) instanceof PreconditionFailed);
    for (const task of tooDear) await attempt(task);
    const wording = tasks.flatMap((task) =>
      Object.entries(written.get(task) ?? {}).map(([level, text]): [string, string] => [
        wordingKey(task.factor, level),
        text,
      ]),
    );
    const warnings = tasks.flatMap((task) => {
      const error = failed.get(task);
      return error === undefined ? [] : [`${task.factor} has the library's words: ${error.given}`];
    });
    const obstacle = obstacleTo(brief, new Map(wording));
    return {
      wording: obstacle === undefined ? wording : [],
      warnings: obstacle === undefined ? warnings : [...warnings, unusable(obstacle)],
      model: writer.model.name,
      costMicroUsd: await writingCost(database, asker.groupId),
    };
  }

  /** One answer, and one more where the first can't be used. @throws Refused where neither can */
  async function textsFor(task: WritingTask, brief: Brief, buyer: WordingBuyer): Promise<Texts> {
    const first = await answerTo(task, brief, buyer);
    if (first.problem === undefined) return first.texts;
    const second = await answerTo(askedAgain(task, first.content, first.problem), brief, buyer);
    if (second.problem === undefined) return second.texts;
    throw new Refused({
      code: 'WORDING_UNUSABLE',
      given: `the language model was asked twice, and its answer can't be used: ${second.problem}`,
    });
  }

  /** @throws Refused where the model would not answer */
  async function answerTo(task: WritingTask, brief: Brief, buyer: WordingBuyer) {
    const { id, answer } = await buyer.answerTo(task);
    const kept = readKept(answer);
    const found = readTexts({ keys: task.levels.map(({ key }) => key) }, kept);
    if ('refusal' in found) {
      const given = `the language model refused (${clipped(found.refusal)})`;
      await judgeAnswer(database, id, { problem: given });
      throw new Refused({ code: 'WORDING_REFUSED', given });
    }
    const { texts: byKey, problem } =
      'problem' in found
        ? { ...found, texts: {} }
        : { ...found, problem: problemWith(task, found.texts, brief.brand) };
    if (problem !== undefined) {
      await judgeAnswer(database, id, { problem });
      return { problem, content: kept.content };
    }
    const texts = Object.fromEntries(task.levels.map(({ key, level }) => [level, (byKey[key] ?? '').trim()]));
    await judgeAnswer(database, id, { wordings: texts });
    return { problem: undefined, texts };
  }

  return { writeLevels };
}

function unwritten(why: string): Writing {
  return { wording: [], warnings: [unusable(why)], costMicroUsd: 0 };
}

function unusable(why: string): string {
  return `All levels have the library's words: ${why}`;
}

/** The brief's own budget, where it is below what the worker's setting allows. */
function groupBudget({ groupBudget: most }: Writer, { writer }: Brief): MicroUsd {
  return writer.budgetUsd === undefined ? most : microUsd(Math.min(most, fromUsd(writer.budgetUsd)));
}

/** A server that asks everyone to come back after the deadline is not asked again before. */
function isWorthWaiting(error: ScreentestError, deadline: number): boolean {
  return error.mayBeRetried && !(error instanceof TextModelBusy) && Date.now() < deadline;
}
