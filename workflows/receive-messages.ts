import {
  ApplicationFailure,
  CancellationScope,
  condition,
  isCancellation,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { z } from 'zod';
import { takesPart } from '../domain/gates.ts';
import { type GenerationStatus, hasVideo } from '../domain/lifecycle.ts';
import { renditionsOf } from '../domain/renditions.ts';
import { MAIN_RENDITION } from '../domain/video.ts';
import {
  adoptJob,
  named,
  recordRefusedMessage,
  recordVerdict,
  settleHeldOrder as settle,
} from './activities.ts';
import { startGeneration } from './generate-variant.ts';
import type { Group } from './group.ts';
import {
  closeTest,
  closingSchema,
  type Declaration,
  declarationSchema,
  declareWinner,
  declareWinnerSignal,
  heldOrderSchema,
  overview,
  providedVideoSchema,
  provideVideo,
  type ReachedVerdict,
  retrySchema,
  retryVariant,
  settleHeldOrder,
  type VariantState,
  verdictReached,
  verdictSchema,
} from './messages.ts';
import { takeProvidedVideo } from './provide-video.ts';
import { refuse, refuseAsActivity } from './refuse.ts';

/** More refusals than this are counted but no longer recorded, so that a flood can't fill the history. */
const RECORDED_REFUSALS = 100;
/** Characters kept of a reason and of what was sent: a payload may be as large as 2 MB, and so may a reason that quotes it. */
const KEPT_REASON = 600;
const KEPT_PAYLOAD = 300;

/**
 * Every message is taken as unknown, because whoever sends one can send anything: `null`, another shape, an
 * encoding nobody can read. A bad update is refused by its validator; a bad signal is recorded and shown.
 * No handler throws anything but an answer, and there is no default handler: either would wedge the group.
 */
export function receiveMessages(group: Group): void {
  setHandler(overview, () => group.overview());

  setHandler(
    declareWinner,
    async (message: unknown) => {
      group.change((state) => {
        state.declaration = readDeclaration(group, message);
      });
      // A group that is cancelled meanwhile still answers how it ended.
      await CancellationScope.nonCancellable(() => condition(() => group.state.decision !== undefined));
      return group.state.decision ?? refuse('The group ended before the declaration was recorded.');
    },
    { validator: (message: unknown) => void readDeclaration(group, message) },
  );

  setHandler(declareWinnerSignal, async (message: unknown) => {
    await accept(group, 'declareWinner', message, () => {
      const declaration = readDeclaration(group, message);
      group.change((state) => {
        state.declaration = declaration;
      });
    });
  });

  setHandler(verdictReached, async (message: unknown) => {
    let heard: ReachedVerdict | undefined;
    await accept(group, 'verdictReached', message, () => {
      const verdict = read(verdictSchema, message);
      refuseWhenEnding(group);
      if (group.status !== 'testing') refuse(`The group is ${group.status}; a verdict is taken in testing.`);
      group.analyzed(verdict);
      group.change((state) => {
        state.verdict = verdict;
      });
      heard = verdict;
    });
    if (heard !== undefined) await recordHeard(group, heard);
  });

  setHandler(
    closeTest,
    async (message: unknown) => {
      const closing = read(closingSchema, message);
      group.change((state) => {
        state.closing = closing;
      });
      const isTaken = () =>
        group.status === 'completed' || (!closing.withoutWinner && group.status === 'analyzing');
      await CancellationScope.nonCancellable(() => condition(isTaken));
      return { status: group.status };
    },
    {
      validator: (message: unknown) => {
        const closing = read(closingSchema, message);
        refuseWhenEnding(group);
        refuseWhenDecided(group);
        if (group.status === 'testing') return;
        if (group.status === 'analyzing' && closing.withoutWinner) return;
        refuse(
          `The group is ${group.status}. A test can be closed in testing; in analyzing only with "withoutWinner": true.`,
        );
      },
    },
  );

  setHandler(
    retryVariant,
    async (message: unknown) => {
      const retry = read(retrySchema, message);
      const variant = variantToRetry(group, retry.variant);
      startGeneration(group, variant, { acceptPossibleCharge: retry.acceptPossibleCharge, by: retry.by });
      return receipt(variant);
    },
    {
      validator: (message: unknown) => {
        const retry = read(retrySchema, message);
        const variant = variantToRetry(group, retry.variant);
        if (variant.isHeld && !retry.acceptPossibleCharge) {
          refuse(
            `Whether ${variant.name}'s last submission was charged is not known (${variant.reason ?? 'held'}). Send "acceptPossibleCharge": true to pay for another one.`,
          );
        }
      },
    },
  );

  setHandler(
    settleHeldOrder,
    async (message: unknown) => {
      const { variant: name, by, rendition, jobId, wasCharged } = read(heldOrderSchema, message);
      const variant = heldVariant(group, name);
      const order = { groupId: group.input.groupId, variantId: variant.id, rendition, by };
      await actOn(group, variant, async () => {
        const spend =
          jobId === undefined
            ? await named(settle, variant.name)({ ...order, wasCharged: wasCharged === true })
            : await named(adoptJob, variant.name)({ ...order, providerJobId: jobId });
        group.spent(variant, spend);
      });
      const reason = `${by} settled the order that was held`;
      group.changeVariant(variant, { status: 'failed', isHeld: false, reason });
      // The job that was found is waited for, not ordered anew.
      if (jobId !== undefined) startGeneration(group, variant, { acceptPossibleCharge: false, by });
      return receipt(variant);
    },
    {
      validator: (message: unknown) => void heldVariant(group, read(heldOrderSchema, message).variant),
    },
  );

  setHandler(
    provideVideo,
    async (message: unknown) => {
      const provided = read(providedVideoSchema, message);
      const variant = variantForVideo(group, provided);
      const warnings = await takeProvidedVideo(group, variant, provided);
      return { ...receipt(variant), warnings };
    },
    {
      validator: (message: unknown) => void variantForVideo(group, read(providedVideoSchema, message)),
    },
  );
}

/** For the audit trail, and so that whoever told it knows that it has heard. */
async function recordHeard(group: Group, verdict: ReachedVerdict): Promise<void> {
  const { snapshotId, look, kind, sentence, said = kind } = verdict;
  const { runId } = workflowInfo();
  const heard = { groupId: group.input.groupId, snapshotId, look, said, sentence, runId };
  await CancellationScope.nonCancellable(() => named(recordVerdict, said)(heard));
}

/** What a person asked to be done to a variant without a video: its refusal or failure is their answer. */
async function actOn(group: Group, variant: VariantState, work: () => Promise<void>): Promise<void> {
  // Taken at once, so that a second video or a retry for the same variant is refused meanwhile.
  group.changeVariant(variant, { status: 'generating' });
  try {
    await group.make(variant, work);
  } catch (error) {
    group.changeVariant(variant, { status: 'failed' });
    if (isCancellation(error)) refuse('The group went on before it was done.');
    refuseAsActivity(error);
  }
}

function receipt(variant: VariantState): { variant: string; status: GenerationStatus } {
  return { variant: variant.name, status: variant.status };
}

/** A signal has nobody to answer: what is wrong with it is recorded and shown instead. */
async function accept(group: Group, name: string, message: unknown, take: () => void): Promise<void> {
  try {
    take();
  } catch (error) {
    if (!(error instanceof ApplicationFailure)) throw error;
    const reason = shortened(error.message, KEPT_REASON);
    group.refused(name, reason);
    if (group.state.refusedCount > RECORDED_REFUSALS) return;
    const refusal = {
      groupId: group.input.groupId,
      message: name,
      reason,
      payload: preview(message),
      number: group.state.refusedCount,
    };
    // A cancellation of the group that got out of here would end the workflow on the spot.
    await CancellationScope.nonCancellable(() => named(recordRefusedMessage, `refused ${name}`)(refusal));
  }
}

/** Its ending is being recorded: what was accepted now would be lost, or paid for and never stopped. */
export function refuseWhenEnding(group: Group): void {
  if (group.isEnding) refuse('The group is ending; nothing about it can be changed any more.');
}

export function refuseWhenDecided({ state: { declaration, closing } }: Group): void {
  if (declaration !== undefined) refuse(`${declaration.by} has already declared ${declaration.variant}.`);
  if (closing?.withoutWinner === true) refuse(`${closing.by} has already closed the group without a winner.`);
}

function readDeclaration(group: Group, message: unknown): Declaration {
  const declaration = read(declarationSchema, message);
  refuseWhenEnding(group);
  refuseWhenDecided(group);
  if (group.status !== 'testing' && group.status !== 'analyzing') {
    refuse(`The group is ${group.status}; a winner can be declared in testing and analyzing.`);
  }
  const variant = knownVariant(group, declaration.variant);
  if (!hasVideo(variant.status))
    refuse(`${variant.name} has no video (${variant.status}): it was not tested.`);
  if (!takesPart(variant)) refuse(`${variant.name}'s video is ${variant.review}: it was not tested.`);
  const against = group.evidenceAgainst(variant.name);
  if (against !== undefined && (declaration.reason ?? '') === '') {
    refuse(
      `The evidence does not support ${variant.name}: ${against} To declare it all the same, give a "reason".`,
    );
  }
  return { ...declaration, variant: variant.name };
}

function variantWithoutVideo(group: Group, name: string): VariantState {
  refuseWhenEnding(group);
  if (group.status !== 'generating' && group.status !== 'testing') {
    refuse(`The group is ${group.status}; videos can be made in generating and testing.`);
  }
  refuseWhenStopping(group);
  const variant = knownVariant(group, name);
  refuseWhenReceiving(group, variant);
  if (variant.status !== 'failed') {
    refuse(`${variant.name} is ${variant.status}; only a failed one can be retried.`);
  }
  return variant;
}

function variantToRetry(group: Group, name: string): VariantState {
  if (group.isManual) {
    refuse(`The group is manual (${group.generation.reason}): nothing is ordered; send provide-video.`);
  }
  return variantWithoutVideo(group, name);
}

/** Any of them, until the decision: what a replacement may not do is for the record to say, which has the numbers. */
function variantForVideo(group: Group, { variant: name, rendition }: ProvidedFile): VariantState {
  refuseWhenEnding(group);
  refuseWhenDecided(group);
  if (group.hasFinalVideos) refuse('The final analysis is being made; the videos stay as they are.');
  refuseWhenStopping(group);
  if (group.state.variants.length === 0) refuse('The group is being planned; send it again in a moment.');
  const variant = knownVariant(group, name);
  refuseWhenReceiving(group, variant);
  const renditions = renditionsOf(group.input.brief).map((known) => known.name);
  if (!renditions.includes(rendition)) {
    refuse(`There is no rendition "${rendition}". Allowed: ${renditions.join(', ')}.`);
  }
  if (rendition !== MAIN_RENDITION && group.isBeingMade(variant)) {
    refuse(`${variant.name} is being made; its ${rendition} can be provided when that is over.`);
  }
  return variant;
}

type ProvidedFile = Pick<z.output<typeof providedVideoSchema>, 'variant' | 'rendition'>;

export function refuseWhenStopping(group: Group): void {
  if (group.isStopping) refuse('What still runs is being stopped; send it again in a moment.');
}

export function refuseWhenReceiving(group: Group, variant: VariantState): void {
  if (group.isReceiving(variant)) refuse(`${variant.name} is being given a video already.`);
  if (group.isActingOn(variant))
    refuse(`${variant.name} is being reviewed or changed; send it again in a moment.`);
}

function heldVariant(group: Group, name: string): VariantState {
  const variant = variantWithoutVideo(group, name);
  if (!variant.isHeld) refuse(`No order of ${variant.name} is held: what became of each is known.`);
  return variant;
}

export function knownVariant(group: Group, name: string): VariantState {
  const names = group.state.variants.map((variant) => variant.name).join(', ');
  return group.variant(name) ?? refuse(`There is no variant "${name}". Allowed: ${names}.`);
}

export function read<Schema extends z.ZodType>(schema: Schema, message: unknown): z.output<Schema> {
  const parsed = schema.safeParse(message);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => {
    const path = issue.path.join('.');
    return path === '' ? issue.message : `${path}: ${issue.message}`;
  });
  return refuse(`The message can't be used: ${problems.join('; ')}. Given: ${preview(message)}.`);
}

function preview(message: unknown): string {
  return shortened(jsonOf(message), KEPT_PAYLOAD);
}

function jsonOf(message: unknown): string {
  try {
    return JSON.stringify(message) ?? 'nothing';
  } catch (error) {
    // What can be parsed can't always be written again: not when it is nested a hundred thousand times.
    return `something that can't be shown (${error instanceof Error ? error.message : String(error)})`;
  }
}

function shortened(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}
