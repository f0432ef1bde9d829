import { ApplicationFailure } from '@temporalio/common';
import { setCurrentDetails, upsertMemo } from '@temporalio/workflow';
import type { DrillSummary } from '../activities/backup.ts';
import { named, runScheduledDrill } from './activities.ts';
import { CLAIM, type Claim, type NotDone, unlessUnclaimed } from './unless-unclaimed.ts';

/**
 * Run by a schedule every month.
 * @throws ApplicationFailure DRILL_FAILED when what was restored is not what it should be: the run is a failed one
 */
export async function drillRestore(claim: Claim = CLAIM): Promise<DrillSummary | NotDone> {
  return unlessUnclaimed('drill', claim, async () => {
    const waiting = { scheduleToStartTimeout: claim.withinMs };
    const drill = await named(runScheduledDrill, 'restore the newest backup and compare', waiting)();
    const { hasPassed, tables, rows, recoverySeconds, differences, reportFile } = drill;
    const outcome = hasPassed ? 'passed' : 'failed';
    const facts = `${tables} tables with ${rows} rows, recovered in ${recoverySeconds.toFixed(1)} s`;
    setCurrentDetails(
      [`The drill **${outcome}**: ${facts}.`, ...differences, `All of it: ${reportFile}`].join('\n\n'),
    );
    upsertMemo({ drill: outcome, recoverySeconds });
    if (hasPassed) return drill;
    throw ApplicationFailure.create({
      type: 'DRILL_FAILED',
      message: `The restore drill failed: ${differences.join('; ')}. All of it is in ${reportFile}; docs/recovery.md tells what to do`,
      nonRetryable: true,
      details: [drill],
    });
  });
}
