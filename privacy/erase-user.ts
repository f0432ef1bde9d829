import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type { Database } from '../database/client.ts';
import {
  countDoomed,
  type Doomed,
  doomedWith,
  type ErasedRows,
  type ErasureMode,
  eraseRows,
  findPerson,
  groupsOf,
  groupsTouchedBy,
  type OwnedGroup,
  personById,
  providerJobsOf,
  venturesOnlyOwnedBy,
  whileAlone,
} from '../database/erasure.ts';
import { ERASED_PERSON, findTraces, type Person, type RowCounts, type Traces } from '../database/traces.ts';
import { NotFound, PreconditionFailed } from '../domain/errors.ts';
import { type GroupId, isGroupId } from '../domain/ids.ts';
import type { VideoStore } from '../storage/video-store.ts';
import {
  deleteHistories,
  endGroup,
  groupsStartedBy,
  type HistorySurvey,
  surveyHistories,
} from './histories.ts';
import { stopOrders } from './open-orders.ts';
import { type Proof, writeProof } from './proof.ts';
import { deleteProviderCopies, type VideoApi } from './provider-copies.ts';
import { filesOf, removeFiles } from './stored-files.ts';
import {
  type Extent,
  forgetWhoErased,
  type LeftOutside,
  readTombstone,
  sealed,
  type Tombstone,
  tombstoneOf,
  writeTombstone,
} from './tombstones.ts';

/** What an erasure is done with. */
export interface ErasureParts {
  readonly database: Database;
  readonly store: VideoStore;
  /** Undefined leaves histories alone: after a restore of the database they are gone already. */
  readonly temporal: Client | undefined;
  /** Undefined where none is configured: what it keeps is left there. */
  readonly videoApi: VideoApi | undefined;
  readonly tell: (line: string) => void;
  /** Milliseconds that a running group gets to stop by itself. */
  readonly endWithinMs?: number;
  /** For tests: told when a step is done. */
  readonly reached?: (step: ErasureStep) => void;
}

/** In this order. Rows come last: as long as they are there, they tell what else there is to do. */
export type ErasureStep =
  | 'tombstone written'
  | 'groups ended'
  | 'provider asked'
  | 'files removed'
  | 'histories deleted'
  | 'rows erased'
  | 'proof written';

export interface ErasureRequest {
  readonly email: string;
  readonly mode: ErasureMode;
  /** E-mail address of who does it. */
  readonly by: string;
  /** Asked once it is known what there is. @throws when the answer is no */
  readonly confirm: (plan: ErasurePlan) => Promise<void>;
}

/** What there is of a person, and what becomes of it. */
export interface ErasurePlan {
  readonly mode: ErasureMode;
  readonly extent: Extent;
  /** Groups that run, and are ended first. */
  readonly running: number;
  /** Rows that name the person in tables of somebody else, which are left. */
  readonly elsewhere: RowCounts;
  readonly venturesWithoutOwner: readonly string[];
}

export interface ErasureReport {
  readonly proof: Proof;
  /** Where the proof is in the store. */
  readonly proofKey: string;
  /** Nothing of the person is in Screentest's tables, and the account is gone. */
  readonly isWhole: boolean;
  /** What is left elsewhere, and who must see to it; sentences. */
  readonly left: readonly string[];
}

const END_WITHIN_MS = 60_000;
/** A person who goes on making groups meanwhile is not waited for. */
const ATTEMPTS = 5;

/** What would be done. Nothing is. @throws NotFound for an unknown person */
export async function planErasure(
  parts: ErasureParts,
  { email, mode }: Pick<ErasureRequest, 'email' | 'mode'>,
): Promise<ErasurePlan> {
  const person = await findPerson(parts.database, email);
  if (person === undefined) throw unknownPerson(email);
  return planOf(parts, person, mode, await survey(parts, person, mode));
}

/**
 * Erases a person, or goes on with an erasure that was broken off: whatever is done stays done.
 * @throws NotFound for an unknown person; PreconditionFailed when groups that are to be kept still run
 */
export async function eraseUser(parts: ErasureParts, request: ErasureRequest): Promise<ErasureReport> {
  const { database, store, tell } = parts;
  const { email, mode, by } = request;
  const person = await findPerson(database, email);
  if (person === undefined) {
    const tombstone = await tombstoneOf(store, email);
    if (tombstone === undefined) throw unknownPerson(email);
    tell(`The account is gone since the erasure of ${tombstone.at}; going on with what is left of it`);
    const gone = { id: tombstone.person, email };
    return alone(parts, () => erase(parts, gone, tombstone));
  }
  const found = await survey(parts, person, mode);
  refuseRunning(mode, found);
  const plan = await planOf(parts, person, mode, found);
  await request.confirm(plan);
  return alone(parts, async () => {
    const earlier = await readTombstone(store, person.id);
    const isGone = (await personById(database, person.id)) === undefined;
    if (isGone && earlier !== undefined) return erase(parts, person, earlier);
    const isBrokenOff = earlier !== undefined && earlier.finishedAt === undefined;
    return erase(parts, person, {
      erasure: randomUUID(),
      groups: [],
      ...(isBrokenOff && earlier),
      person: person.id,
      email: sealed(email),
      mode,
      at: new Date().toISOString(),
      by: by.toLowerCase() === email.toLowerCase() ? ERASED_PERSON : by,
      before: isBrokenOff ? earlier.before : plan.extent,
    });
  });
}

function alone<Result>({ database, tell }: ErasureParts, work: () => Promise<Result>): Promise<Result> {
  return whileAlone(database, () => tell('Another erasure is under way; waiting for its end'), work);
}

/** What a tombstone says must be done, done. Whoever calls it is alone. */
export async function erase(parts: ErasureParts, person: Person, stone: Tombstone): Promise<ErasureReport> {
  const { database, store, reached = () => undefined } = parts;
  let tombstone: Tombstone = { ...stone, finishedAt: undefined };
  for (let attempt = 1; ; attempt++) {
    const found = await survey(parts, person, tombstone.mode, tombstone.groups);
    refuseRunning(tombstone.mode, found);
    const groups = found.own.map(({ id }) => id);
    if (tombstone.mode === 'delete') {
      tombstone = {
        ...tombstone,
        groups: [...new Set([...tombstone.groups, ...groups, ...found.unplanned])],
      };
    }
    await writeTombstone(store, tombstone);
    reached('tombstone written');
    const outside = await eraseOutside(parts, tombstone, person, found, reached);
    tombstone = { ...tombstone, outside };
    await writeTombstone(store, tombstone);
    const rows = await eraseRows(database, {
      person,
      mode: tombstone.mode,
      besides: tombstone.groups,
      groups,
      erasure: tombstone.erasure,
      by: tombstone.by,
    });
    if (rows !== undefined) {
      reached('rows erased');
      return finish(parts, person, tombstone, rows);
    }
    if (attempt === ATTEMPTS) throw goesOn();
  }
}

interface Survey {
  readonly own: readonly OwnedGroup[];
  /** Started, and not in the database yet. */
  readonly unplanned: readonly GroupId[];
  readonly running: readonly GroupId[];
  /** Other people's, in which the person is named. */
  readonly touched: readonly GroupId[];
  /** Runs of all of them. */
  readonly histories: number;
  readonly doomed: Doomed;
  readonly files: Awaited<ReturnType<typeof filesOf>>;
  readonly providerJobs: Awaited<ReturnType<typeof providerJobsOf>>;
  readonly venturesWithoutOwner: readonly string[];
}

async function survey(
  { database, store, temporal }: ErasureParts,
  person: Person,
  mode: ErasureMode,
  besides: readonly string[] = [],
): Promise<Survey> {
  const own = await groupsOf(database, person, besides);
  const ids = own.map(({ id }) => id);
  const isKnown = async (id: GroupId) => (await database.variantGroup.count({ where: { id } })) > 0;
  const unplanned =
    temporal === undefined || person.email === undefined
      ? []
      : await groupsStartedBy(temporal, person.email, isKnown);
  const touched = await groupsTouchedBy(database, person, ids);
  const histories: HistorySurvey =
    temporal === undefined
      ? { runs: 0, running: [] }
      : await surveyHistories(temporal, [...ids, ...unplanned, ...touched]);
  const doomed = await doomedWith(database, person, mode, ids);
  return {
    own,
    unplanned,
    running: histories.running.filter((id) => !touched.includes(id)),
    touched,
    histories: histories.runs,
    doomed,
    files: mode === 'delete' ? await filesOf(database, store, own, doomed.variants) : [],
    providerJobs: await providerJobsOf(database, doomed.variants),
    venturesWithoutOwner: await venturesOnlyOwnedBy(database, person),
  };
}

async function planOf(
  parts: ErasureParts,
  person: Person,
  mode: ErasureMode,
  found: Survey,
): Promise<ErasurePlan> {
  const traces = await findTraces(parts.database, person);
  return {
    mode,
    extent: await extentOf(parts, found, traces),
    running: found.running.length,
    elsewhere: elsewhere(traces),
    venturesWithoutOwner: found.venturesWithoutOwner,
  };
}

async function extentOf({ database }: ErasureParts, found: Survey, { ours }: Traces): Promise<Extent> {
  const { own, unplanned, doomed, files, histories, providerJobs } = found;
  return {
    groups: own.length + unplanned.length,
    rows: await countDoomed(database, doomed),
    traces: ours,
    files: files.length,
    bytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    histories,
    providerJobs: providerJobs.length,
  };
}

/** The account itself is no trace that somebody else must see to. */
function elsewhere({ others }: Traces): RowCounts {
  return Object.fromEntries(Object.entries(others).filter(([column]) => !column.startsWith('auth.users.')));
}

/** Histories can't be edited, and a group that runs writes its starter's address into the database again. */
function refuseRunning(mode: ErasureMode, { running, own }: Survey): void {
  if (mode === 'delete' || running.length === 0) return;
  const names = running.map((id) => own.find((group) => group.id === id)?.name ?? id);
  throw new PreconditionFailed({
    code: 'GROUPS_RUNNING',
    given: `${running.length} groups of this person still run: ${names.slice(0, 10).join(', ')}`,
    allowed: 'tests that are over, since what runs carries the address of who started it',
    fix: 'wait for their end or `screentest cancel` them, and run this again; without --keep-results they are ended and deleted',
  });
}

/** Everything that is not in the database. */
async function eraseOutside(
  parts: ErasureParts,
  { mode, outside: earlier }: Tombstone,
  person: Person,
  found: Survey,
  reached: (step: ErasureStep) => void,
): Promise<LeftOutside> {
  const { database, store, temporal, videoApi, tell } = parts;
  const own = found.own.map(({ id }) => id);
  if (mode === 'delete') {
    if (temporal !== undefined) await endGroups(parts, temporal, found.running);
    // A group that is over has no open order.
    const open = found.own.filter(({ isOver }) => !isOver).map(({ id }) => id);
    await stopOrders(database, videoApi, open);
  }
  reached('groups ended');
  const providerJobsLeft = await deleteProviderCopies(videoApi, found.providerJobs);
  reached('provider asked');
  // Looked for again: groups that were ended a moment ago may have brought another one.
  const look = async () =>
    mode === 'delete' ? filesOf(database, store, found.own, found.doomed.variants) : [];
  const files = await look();
  if (files.length > 0) tell(`removing ${files.length} files from ${store.place}`);
  await removeFiles(store, files);
  if (person.email !== undefined) await forgetWhoErased(store, person.email);
  reached('files removed');
  const histories =
    temporal === undefined
      ? { pending: earlier?.historiesPending ?? [], staged: [] }
      : await deleteHistories(temporal, [
          ...new Set([...own, ...found.unplanned, ...found.touched, ...pendingOf(earlier)]),
        ]);
  // Groups that are over fetch none of these any more.
  for (const reference of histories.staged) await store.removeStaged(reference);
  reached('histories deleted');
  return {
    filesLeft: (await look()).length,
    historiesPending: [...histories.pending],
    providerJobsLeft,
  };
}

/** Groups that ran when an earlier attempt wanted to delete their histories. */
function pendingOf(earlier: LeftOutside | undefined): readonly GroupId[] {
  return (earlier?.historiesPending ?? [])
    .map((workflowId) => workflowId.slice(workflowId.indexOf('/') + 1))
    .filter(isGroupId);
}

async function endGroups(
  { tell, endWithinMs = END_WITHIN_MS }: ErasureParts,
  temporal: Client,
  running: readonly GroupId[],
): Promise<void> {
  if (running.length === 0) return;
  tell(`stopping ${running.length} groups; what has not stopped in ${endWithinMs / 1000} s is ended`);
  const stopped = await Promise.all(running.map((id) => endGroup(temporal, id, endWithinMs)));
  const ended = stopped.filter((byItself) => !byItself).length;
  if (ended > 0) tell(`${ended} groups did not stop in time and were ended: does a worker run?`);
}

/** Looks whether anything is left, and says so for good. */
async function finish(
  parts: ErasureParts,
  person: Person,
  tombstone: Tombstone,
  rows: ErasedRows,
): Promise<ErasureReport> {
  const { database, store, reached = () => undefined } = parts;
  const { mode, groups, outside } = tombstone;
  const after = await survey({ ...parts, temporal: undefined }, person, mode, groups);
  const traces = await findTraces(database, person);
  const finishedAt = new Date().toISOString();
  const { key, proof } = await writeProof(store, tombstone.person, {
    erasure: tombstone.erasure,
    mode: tombstone.mode,
    requestedAt: tombstone.at,
    finishedAt,
    before: tombstone.before,
    deleted: rows.deleted,
    changed: rows.changed,
    after: await extentOf(parts, after, traces),
    scan: {
      tables: traces.tables,
      columns: traces.columns,
      unreadable: traces.unreadable.length,
      elsewhere: Object.values(elsewhere(traces)).reduce((sum, count) => sum + count, 0),
    },
    outside,
    account: rows.accountKept === undefined ? 'deleted' : 'kept',
  });
  reached('proof written');
  await writeTombstone(store, { ...tombstone, finishedAt });
  return {
    proof,
    proofKey: key,
    isWhole: rows.accountKept === undefined && Object.keys(traces.ours).length === 0,
    left: leftovers(traces, rows.accountKept, outside),
  };
}

function leftovers(
  traces: Traces,
  accountKept: string | undefined,
  outside: LeftOutside | undefined,
): readonly string[] {
  const lines: string[] = [];
  if (accountKept !== undefined) {
    lines.push(
      `The account in auth.users is still there: ${accountKept}. Delete it where accounts are kept (at Supabase: Authentication, Users), then run this again.`,
    );
  }
  for (const [column, count] of Object.entries(traces.ours)) {
    lines.push(`${column} still names the person in ${count} rows; run this again.`);
  }
  for (const [column, count] of Object.entries(elsewhere(traces))) {
    lines.push(
      `${column} is not Screentest's, and names the person in ${count} rows: its owner must see to them.`,
    );
  }
  for (const [column, count] of Object.entries(traces.lookalikes)) {
    lines.push(
      `${column} has ${count} longer addresses that contain this one; they were taken for other people's.`,
    );
  }
  const { historiesPending: pending = [], providerJobsLeft = 0 } = outside ?? {};
  if (pending.length > 0) {
    lines.push(
      `${pending.length} histories of other people's groups that still run name the person; run \`screentest erase-user --replay\` once they are over (${pending.slice(0, 5).join(', ')}).`,
    );
  }
  if (providerJobsLeft > 0) {
    lines.push(
      `${providerJobsLeft} videos may still be at the video API, which could not be asked to delete them, for as long as it keeps videos.`,
    );
  }
  return lines;
}

function unknownPerson(email: string): NotFound {
  return new NotFound({
    code: 'PERSON_UNKNOWN',
    given: `Nobody with the address ${email} is in auth.users, and nobody with it was erased here`,
    fix: 'check the address, and that DATABASE_URL and the video store are those that the person used',
  });
}

function goesOn(): PreconditionFailed {
  return new PreconditionFailed({
    code: 'PERSON_ACTIVE',
    given: 'The person goes on starting groups, so that there is always another one to delete',
    fix: 'take away their access first, then run this again',
  });
}
