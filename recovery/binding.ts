import {
  type Client,
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  type ScheduleOptions,
  ScheduleOverlapPolicy,
  type ScheduleUpdateOptions,
} from '@temporalio/client';
import { z } from 'zod';
import type { Database } from '../database/client.ts';
import {
  type Installation,
  openInstallation,
  recordWhole,
  renewInstallation,
  requireReconciliation,
} from '../database/installation.ts';
import { PreconditionFailed } from '../domain/errors.ts';
import { MAIN_QUEUE, WATCH_GROUPS_WORKFLOW } from '../workflows/messages.ts';

/**
 * A namespace belongs to one database, and the other way round; each has the other's name. In the namespace a schedule
 * that never runs has it: that can be read and written on a dev server, a server of one's own and Temporal Cloud
 * alike, whereas a namespace's own data can't be written on the last.
 */
const BINDING_SCHEDULE = 'screentest-database';

const bindingSchema = z.object({
  /** The database's installation. */
  installation: z.string(),
  /** The newest mark that was seen of it. */
  mark: z.number(),
});

export type Binding = z.output<typeof bindingSchema>;

/** What a namespace says of the database that it belongs to; undefined for one that was never used. */
export async function readBinding(temporal: Client): Promise<Binding | undefined> {
  try {
    const { action } = await temporal.schedule.getHandle(BINDING_SCHEDULE).describe();
    const [binding] = action.args ?? [];
    return bindingSchema.parse(binding);
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

/** A mark of the same installation never goes back. */
export async function writeBinding(temporal: Client, binding: Binding): Promise<void> {
  try {
    await temporal.schedule.create({ scheduleId: BINDING_SCHEDULE, ...neverRunning(binding) });
    return;
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
  const known = await readBinding(temporal);
  const isOlder = known?.installation === binding.installation && known.mark >= binding.mark;
  if (isOlder) return;
  await temporal.schedule.getHandle(BINDING_SCHEDULE).update(() => neverRunning(binding));
}

function neverRunning(binding: Binding): Omit<ScheduleOptions, 'scheduleId'> & ScheduleUpdateOptions {
  return {
    spec: {},
    action: {
      type: 'startWorkflow',
      // Harmless, should somebody trigger it.
      workflowType: WATCH_GROUPS_WORKFLOW,
      workflowId: BINDING_SCHEDULE,
      taskQueue: MAIN_QUEUE,
      args: [binding],
    },
    policies: { overlap: ScheduleOverlapPolicy.SKIP },
    state: { paused: true, note: 'says which database this namespace belongs to; it never runs' },
  };
}

/** What a database and a namespace say of each other. */
export interface Bond {
  readonly installation: Installation;
  /** Name and id: a namespace that was deleted and made anew under its name is another one. */
  readonly namespace: string;
  readonly binding: Binding | undefined;
}

export async function readBond(database: Database, temporal: Client): Promise<Bond> {
  const name = temporal.options.namespace;
  const { namespaceInfo } = await temporal.workflowService.describeNamespace({ namespace: name });
  return {
    installation: await openInstallation(database),
    namespace: `${name} (${namespaceInfo?.id ?? 'without an id'})`,
    binding: await readBinding(temporal),
  };
}

/** @throws PreconditionFailed when the two belong to others, which both are named */
export function refuseStrangers({ installation, namespace, binding }: Bond): void {
  if (binding !== undefined && binding.installation !== installation.id) {
    throw new PreconditionFailed({
      code: 'NAMESPACE_OF_ANOTHER_DATABASE',
      given: `The Temporal namespace ${namespace} belongs to the database ${binding.installation}, and DATABASE_URL names the database ${installation.id}`,
      allowed: 'a namespace and a database that belong to each other, or were never used',
      fix: 'correct DATABASE_URL or TEMPORAL_NAMESPACE; if this database is to take the place of that one, run `screentest setup --take-over`',
    });
  }
  if (installation.namespace !== undefined && installation.namespace !== namespace) {
    throw new PreconditionFailed({
      code: 'DATABASE_OF_ANOTHER_NAMESPACE',
      given: `The database ${installation.id} belongs to the Temporal namespace ${installation.namespace}, and this is ${namespace}`,
      allowed: 'a namespace and a database that belong to each other, or were never used',
      fix: 'correct TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE or DATABASE_URL; if that namespace is gone or given up, run `screentest setup --take-over`, then `screentest resume --all`',
    });
  }
}

/** Why it can't be trusted to be what it was; undefined for one that is whole. */
export function whyNotWhole({ installation, binding }: Bond): string | undefined {
  const { id, hasMoved, mark, mustBeReconciled } = installation;
  if (hasMoved) return `The database ${id} is not where it was: it was restored, copied or failed over`;
  if (binding !== undefined && binding.installation === id && mark < binding.mark) {
    return `The database ${id} is behind its namespace (mark ${mark} of ${binding.mark}): it was put back to an earlier state`;
  }
  return mustBeReconciled ? `The database ${id} took the place of another one` : undefined;
}

export const HOW_TO_MAKE_WHOLE =
  'run `screentest reconcile`, which says what it would do, and again with --yes; a copy that is to live by itself needs a namespace of its own and `screentest setup --take-over`';

/**
 * The two know each other from here on. First use binds them.
 * @throws PreconditionFailed when they belong to others, or when the database was restored and not reconciled
 */
export async function bind(database: Database, temporal: Client): Promise<Bond> {
  const bond = await readBond(database, temporal);
  refuseStrangers(bond);
  const given = whyNotWhole(bond);
  if (given !== undefined) {
    throw new PreconditionFailed({ code: 'DATABASE_RESTORED', given, fix: HOW_TO_MAKE_WHOLE });
  }
  await recordBond(database, temporal, bond, { isReconciled: false });
  return readBond(database, temporal);
}

/** In this order, so that the namespace is never ahead of a database that nobody has put back. */
export async function recordBond(
  database: Database,
  temporal: Client,
  { namespace, binding, installation }: Bond,
  { isReconciled }: { readonly isReconciled: boolean },
): Promise<void> {
  const aboveMark = binding?.installation === installation.id ? binding.mark : 0;
  const mark = await recordWhole(database, { namespace, aboveMark, isReconciled });
  await writeBinding(temporal, { installation: installation.id, mark });
}

export interface TakeOver {
  readonly installation: string;
  readonly namespace: string;
  /** What the namespace and the database belonged to until now. */
  readonly from: readonly string[];
  /** The namespace has the histories of another database's groups: nothing works until `reconcile` has run. */
  readonly mustBeReconciled: boolean;
}

/** What `takeOver` would do. @throws PreconditionFailed where it would hide a restore */
export async function planTakeOver(database: Database, temporal: Client): Promise<TakeOver> {
  const { installation, namespace, binding } = await readBond(database, temporal);
  const isItsNamespace = binding?.installation === installation.id;
  if (installation.hasMoved && isItsNamespace) {
    throw new PreconditionFailed({
      code: 'DATABASE_RESTORED',
      given: `The namespace ${namespace} belongs to this database already, which was restored or copied since`,
      fix: 'if it is the one that was restored, run `screentest reconcile`; if it is a copy, set TEMPORAL_NAMESPACE to a namespace of its own',
    });
  }
  return {
    installation: installation.id,
    namespace,
    from: [
      ...(binding === undefined || isItsNamespace
        ? []
        : [`the namespace from the database ${binding.installation}`]),
      ...(installation.namespace === undefined || installation.namespace === namespace
        ? []
        : [`the database from the namespace ${installation.namespace}`]),
    ],
    mustBeReconciled: binding !== undefined && !isItsNamespace,
  };
}

/** The namespace belongs to this database from here on, whatever either belonged to before. */
export async function takeOver(database: Database, temporal: Client): Promise<TakeOver> {
  const planned = await planTakeOver(database, temporal);
  const { installation } = await readBond(database, temporal);
  if (installation.hasMoved) await renewInstallation(database);
  if (planned.mustBeReconciled) await requireReconciliation(database);
  const bond = await readBond(database, temporal);
  await recordBond(database, temporal, bond, { isReconciled: false });
  return { ...planned, installation: bond.installation.id };
}
