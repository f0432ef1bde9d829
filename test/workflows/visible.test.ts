import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { GroupId } from '../../domain/ids.ts';
import { workflowIdOf } from '../../workflows/messages.ts';
import { SEARCH_ATTRIBUTES } from '../../workflows/search-attributes.ts';
import { isTesting } from '../support/groups.ts';
import { ANA, type Rig, startRig } from '../support/rig.ts';
import { eventsOf, type HistoryEvent, textOf } from '../support/runs.ts';

const API_KEY = 'test-secret-key';

/** Measured with the dev server; a change that costs more of either is to be noticed, and decided. */
const MOST_EVENTS_A_VARIANT = 12;
const MOST_ACTIONS_A_VARIANT = 2;

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ apiKey: API_KEY, simulator: { apiKey: API_KEY } });
}, 60_000);
afterAll(() => rig.stop(), 60_000);

const handleOf = (id: GroupId) => rig.temporal.workflow.getHandle(workflowIdOf(id));

async function completedHistory(variants: number) {
  const id = await rig.start({
    variants,
    factors: { hook: Array.from({ length: variants }, (_, n) => `hook ${n}`) },
  });
  await rig.until(id, isTesting);
  await rig.client.declareWinner(id, { variant: 'Variant B', by: ANA, reason: undefined });
  return handleOf(id).fetchHistory();
}

async function currentDetails(id: GroupId): Promise<string> {
  const metadata = await handleOf(id).query<{ currentDetails?: string }>('__temporal_workflow_metadata');
  return metadata.currentDetails ?? '';
}

test('a group can be found by its venture, template, status and outcome', async () => {
  const id = await rig.start({ variants: 2 });
  await rig.until(id, isTesting);
  const seen = async () => {
    const { typedSearchAttributes } = await handleOf(id).describe();
    const { venture, template, status, outcome } = SEARCH_ATTRIBUTES;
    return [venture, template, status, outcome].map((key) => typedSearchAttributes.get(key));
  };
  expect(await seen()).toEqual(['Crema & Co', 'PRODUCT_REVEAL', 'testing', undefined]);
  await rig.client.declareWinner(id, { variant: 'Control', by: ANA, reason: undefined });
  expect(await seen()).toEqual(['Crema & Co', 'PRODUCT_REVEAL', 'completed', 'winner']);
});

test('the Web UI shows what a group is, where each variant stands and how to declare', async () => {
  const id = await rig.start({ name: 'Ristretto | <b>launch</b>', variants: 3 });
  await rig.until(id, isTesting);
  const description = await handleOf(id).describe();
  expect(await description.staticSummary()).toBe('Ristretto | <b>launch</b> (Crema & Co)');
  expect(await description.staticDetails()).toContain('a small espresso machine');
  const details = await currentDetails(id);
  for (const name of ['Control', 'Variant B', 'Variant C']) {
    expect(details).toMatch(new RegExp(`^\\| ${name} \\| completed \\| 0\\.10 USD \\|`, 'm'));
  }
  expect(details).toContain('declareWinner');
  expect(details).toContain(workflowIdOf(id));
  expect(details).not.toContain('<b>');
  await rig.client.declareWinner(id, { variant: 'Variant C', by: ANA, reason: undefined });
  expect(await currentDetails(id)).toContain('Winner: **Variant C**');
});

test('every activity and every timer in the timeline says what it is about', async () => {
  const events = eventsOf(await completedHistory(3));
  const summaryOf = ({ userMetadata }: HistoryEvent): string => textOf(userMetadata?.summary?.data);
  const activities = events.filter((event) => event.activityTaskScheduledEventAttributes != null);
  const timers = events.filter((event) => event.timerStartedEventAttributes != null);
  expect(activities.length).toBeGreaterThan(6);
  expect(timers.length).toBeGreaterThan(0);
  for (const event of [...activities, ...timers]) expect(summaryOf(event)).toMatch(/\w/);
  const submitted = activities.filter(
    (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'submitVideo',
  );
  expect(submitted.map(summaryOf)).toEqual(['"Control"', '"Variant B"', '"Variant C"']);
});

test('no history holds the API key or a film', async () => {
  const text = textOf(await completedHistory(3));
  expect(text).toContain('a small espresso machine');
  expect(text).not.toContain(API_KEY);
  expect(text).not.toContain('ftyp');
  expect(text.length).toBeLessThan(60_000);
});

test('another variant costs no more events and actions than it did', async () => {
  const [few, many] = await Promise.all([completedHistory(2), completedHistory(12)]);
  const [fewEvents, manyEvents] = [eventsOf(few), eventsOf(many)];
  const eventsAVariant = (manyEvents.length - fewEvents.length) / 10;
  const actionsAVariant = (actionsIn(manyEvents) - actionsIn(fewEvents)) / 10;
  if (process.env.SCREENTEST_TEST_FIGURES === 'on') {
    process.stderr.write(
      `events: ${fewEvents.length} and ${manyEvents.length}, ${eventsAVariant} a variant; ` +
        `actions: ${actionsIn(fewEvents)} and ${actionsIn(manyEvents)}, ${actionsAVariant} a variant\n`,
    );
  }
  expect(eventsAVariant).toBeGreaterThanOrEqual(6);
  expect(eventsAVariant).toBeLessThanOrEqual(MOST_EVENTS_A_VARIANT);
  expect(actionsAVariant).toBe(MOST_ACTIONS_A_VARIANT);
});

/** What Temporal Cloud would bill as actions, but for recorded heartbeats, which no history holds. */
function actionsIn(events: readonly HistoryEvent[]): number {
  return events.filter(
    (event) =>
      event.workflowExecutionStartedEventAttributes != null ||
      event.activityTaskScheduledEventAttributes != null ||
      event.timerStartedEventAttributes != null ||
      event.workflowExecutionSignaledEventAttributes != null ||
      event.workflowExecutionUpdateAcceptedEventAttributes != null ||
      event.upsertWorkflowSearchAttributesEventAttributes != null,
  ).length;
}
