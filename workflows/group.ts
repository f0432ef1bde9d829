import {
  CancellationScope,
  condition,
  setCurrentDetails,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { ReviewRecord } from '../activities/gates.ts';
import type { VariantSpend } from '../activities/variant-spend.ts';
import { machineInWords, machinePart } from '../domain/deciding.ts';
import { durationSeconds } from '../domain/durations.ts';
import { takesPart } from '../domain/gates.ts';
import { AUTOMATIC, type ChosenMode } from '../domain/generation-mode.ts';
import { type GenerationStatus, type GroupStatus, hasVideo, type Outcome } from '../domain/lifecycle.ts';
import { plannedLooks } from '../domain/looks.ts';
import { detailsOf } from './details.ts';
import type { GroupState, Overview, ReachedVerdict, VariantGroupInput, VariantState } from './messages.ts';
import { SEARCH_ATTRIBUTES } from './search-attributes.ts';

const KEPT_REFUSALS = 20;

/** One group as its workflow knows it, kept visible: whatever changes is shown at once. */
export class Group {
  readonly input: VariantGroupInput;
  readonly state: GroupState;
  /** What is being made right now, so that it can be stopped: a scope for each variant. */
  private readonly making = new Map<VariantState, CancellationScope>();
  /** Likewise, people's videos that are being fetched. */
  private readonly receiving = new Map<VariantState, CancellationScope>();
  /** While what still runs is being stopped, no new video may begin. */
  isStopping = false;
  /** From when on its ending is being recorded, and no message can change anything. */
  isEnding = false;
  /** From when on its videos stay as they are: the final analysis is of them. */
  hasFinalVideos = false;
  /** What a person's decision is being recorded about: the plan, or a variant. */
  private readonly acting = new Set<VariantState | 'plan'>();
  private waitsFor: { what: () => string; until: Date } | undefined;

  constructor(input: VariantGroupInput) {
    this.input = input;
    this.state = input.resumed ?? {
      status: 'planning',
      variants: [],
      refusedMessages: [],
      refusedCount: 0,
    };
    this.show();
  }

  get status(): GroupStatus {
    return this.state.status;
  }

  /** Its variants are known. */
  get isPlanned(): boolean {
    return this.status !== 'planning' || this.state.variants.length > 0;
  }

  get hasEnoughVideos(): boolean {
    const ready = this.state.variants.filter((variant) => takesPart(variant));
    return ready.length >= this.input.brief.minVariants;
  }

  /** Those whose video waits for a person to look at it. */
  get unreviewed(): readonly VariantState[] {
    return this.state.variants.filter(({ status, review }) => hasVideo(status) && review === 'pending');
  }

  get hasAllVideos(): boolean {
    return this.state.variants.every((variant) => hasVideo(variant.status));
  }

  get generation(): ChosenMode {
    return this.input.generation ?? AUTOMATIC;
  }

  /** People bring the videos. */
  get isManual(): boolean {
    return this.generation.mode === 'manual';
  }

  get isMaking(): boolean {
    return this.making.size > 0 || this.receiving.size > 0 || this.acting.size > 0;
  }

  isActingOn(subject: VariantState | 'plan'): boolean {
    return this.acting.has(subject);
  }

  isBeingMade(variant: VariantState): boolean {
    return this.making.has(variant);
  }

  isReceiving(variant: VariantState): boolean {
    return this.receiving.has(variant);
  }

  /** By name or id; names differ from each other, and are never ids. */
  variant(nameOrId: string): VariantState | undefined {
    return this.state.variants.find((variant) => variant.name === nameOrId || variant.id === nameOrId);
  }

  /** The control of a group that follows another one: it comes with the video that it won with. */
  isTakenOver(variant: VariantState): boolean {
    return this.input.brief.parent !== undefined && variant === this.state.variants[0];
  }

  change(apply: (state: GroupState) => void): void {
    apply(this.state);
    this.show();
  }

  changeVariant(variant: VariantState, change: Partial<VariantState>): void {
    Object.assign(variant, change);
    this.show();
  }

  /** Where people are to look at videos, this one waits for them now, and they have their time for it. */
  videoArrived(variant: VariantState, status: 'completed' | 'manual'): void {
    this.changeVariant(variant, { status, isHeld: false, reason: '' });
    if (!this.input.brief.gates.videos) return;
    this.changeVariant(variant, { review: 'pending' });
    this.extendReviewing();
  }

  /** How its video is reviewed, as the record has it. */
  reviewed(variant: VariantState, { number, verdict, by, reason }: ReviewRecord): void {
    this.changeVariant(variant, {
      reviews: number,
      ...(verdict !== undefined && { review: verdict }),
      ...(by !== undefined && { reviewed: { by, ...(reason !== undefined && { reason }) } }),
    });
  }

  /** Beginning now, people have as long as the brief gives them. */
  extendReviewing(): void {
    this.change((state) => {
      state.reviewingUntil = fromNow(this.input.brief.deadlines.reviewing).toISOString();
    });
  }

  /** What its orders cost. Answers overtake each other where a variant has several files; the older is dropped. */
  spent(variant: VariantState, { spentMicroUsd, reservedMicroUsd, bookLines }: VariantSpend): void {
    if (bookLines < variant.bookLines) return;
    this.changeVariant(variant, { spentMicroUsd, reservedMicroUsd, bookLines });
  }

  renditionIs(variant: VariantState, name: string, status: GenerationStatus): void {
    const rendition = variant.renditions?.find((known) => known.name === name);
    if (rendition !== undefined) rendition.status = status;
    this.show();
  }

  /** A job got stuck, and its file is ordered once more: a new ordinal, which no later order may use again. */
  orderedAnew(variant: VariantState, rendition: string, ordinal: number, reason: string): void {
    this.renditionIs(variant, rendition, 'pending');
    this.changeVariant(variant, {
      ordinal: Math.max(variant.ordinal, ordinal),
      reason: `order ${ordinal}, since the one before got stuck: ${reason}`,
    });
  }

  entered(status: GroupStatus, ending: { outcome?: Outcome; winner?: string } = {}): void {
    Object.assign(this.state, { status }, ending);
    upsertSearchAttributes([
      { key: SEARCH_ATTRIBUTES.status, value: status },
      ...(ending.outcome === undefined ? [] : [{ key: SEARCH_ATTRIBUTES.outcome, value: ending.outcome }]),
    ]);
    this.show();
  }

  /** What an analysis said, for everyone who looks. */
  analyzed(analysis: NonNullable<GroupState['analysis']>): void {
    const { kind, sentence, supports = null } = analysis;
    upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.verdict, value: kind }]);
    this.change((state) => {
      state.analysis = { kind, sentence, supports };
    });
  }

  /** A winner that it was told of and is to act on by itself; undefined once it has made sure of that one. */
  get verdictToActOn(): ReachedVerdict | undefined {
    const { verdict, checkedSnapshotId } = this.state;
    const isNews = verdict !== undefined && verdict.snapshotId !== checkedSnapshotId;
    if (!isNews || verdict.mayDeclare === null) return undefined;
    return machinePart(this.input.brief.decision) === 'nothing' ? undefined : verdict;
  }

  /** What the newest analysis says against a variant's declaration; undefined where it says nothing. */
  evidenceAgainst(variant: string): string | undefined {
    const { supports = null, sentence } = this.state.analysis ?? {};
    return supports === null || supports.includes(variant) ? undefined : sentence;
  }

  /** Makes a variant's video beside everything else, until it is there or is stopped. */
  make(variant: VariantState, work: () => Promise<void>): Promise<void> {
    return this.stoppably(this.making, variant, work);
  }

  /** Takes a person's video for a variant, beside the one that may be being made. */
  receive<Result>(variant: VariantState, work: () => Promise<Result>): Promise<Result> {
    return this.stoppably(this.receiving, variant, work);
  }

  /** Records what a person decided: one decision on a subject at a time, and each to its end. */
  async act<Result>(subject: VariantState | 'plan', work: () => Promise<Result>): Promise<Result> {
    this.acting.add(subject);
    try {
      return await CancellationScope.nonCancellable(work);
    } finally {
      this.acting.delete(subject);
      this.show();
    }
  }

  private async stoppably<Result>(
    running: Map<VariantState, CancellationScope>,
    variant: VariantState,
    work: () => Promise<Result>,
  ): Promise<Result> {
    const scope = new CancellationScope();
    running.set(variant, scope);
    try {
      return await scope.run(work);
    } finally {
      running.delete(variant);
      this.show();
    }
  }

  /** Asks what makes this variant's video to stop, and waits until it has; its order is still to be settled. */
  async stopMakingOne(variant: VariantState): Promise<void> {
    this.making.get(variant)?.cancel();
    await condition(() => !this.making.has(variant));
  }

  /** Asks whatever is still being made to stop, and runs `settle` once it has; nothing new begins meanwhile. */
  async stopMaking(settle: () => Promise<void>): Promise<void> {
    this.isStopping = true;
    try {
      for (const scope of [...this.making.values(), ...this.receiving.values()]) scope.cancel();
      await CancellationScope.nonCancellable(() => condition(() => !this.isMaking));
      await settle();
    } finally {
      this.isStopping = false;
    }
  }

  /** True when it came, false when the time was up first. Shows what is awaited, and until when. */
  async waitFor(awaited: string | (() => string), until: Date, isDone: () => boolean): Promise<boolean> {
    const what = typeof awaited === 'string' ? () => awaited : awaited;
    this.waitsFor = { what, until };
    this.show();
    try {
      const milliseconds = until.getTime() - Date.now();
      if (milliseconds <= 0) return isDone();
      return await condition(isDone, milliseconds, { summary: `wait for ${what()}` });
    } finally {
      this.waitsFor = undefined;
      this.show();
    }
  }

  refused(message: string, reason: string): void {
    const { state } = this;
    state.refusedCount += 1;
    state.refusedMessages.push({ message, reason, at: new Date().toISOString() });
    state.refusedMessages.splice(0, state.refusedMessages.length - KEPT_REFUSALS);
    this.show();
  }

  overview(): Overview {
    const { input, state } = this;
    return {
      groupId: input.groupId,
      name: input.brief.name,
      venture: input.brief.venture,
      status: state.status,
      outcome: state.outcome,
      winner: state.winner,
      generation: this.generation,
      plan: state.plan,
      variants: state.variants,
      spend: {
        spentMicroUsd: state.variants.reduce((sum, variant) => sum + variant.spentMicroUsd, 0),
        reservedMicroUsd: state.variants.reduce((sum, variant) => sum + variant.reservedMicroUsd, 0),
      },
      analysis: state.analysis?.sentence,
      machine: machineInWords(input.brief),
      plannedLooks: this.looks(),
      waitsFor: this.waitsFor?.what(),
      until: this.waitsFor?.until.toISOString(),
      refusedMessages: state.refusedMessages,
      refusedCount: state.refusedCount,
    };
  }

  private looks(): readonly string[] {
    const { brief } = this.input;
    const { testingUntil } = this.state;
    if (testingUntil === undefined) return [];
    const began = new Date(Date.parse(testingUntil) - durationSeconds(brief.deadlines.testing) * 1000);
    return plannedLooks(brief, began).map(({ dueAt }) => dueAt.toISOString());
  }

  private show(): void {
    setCurrentDetails(detailsOf(this.overview(), workflowInfo().workflowId));
  }
}

/** When a time that begins now is over. */
export function fromNow(duration: string): Date {
  return new Date(Date.now() + durationSeconds(duration) * 1000);
}
