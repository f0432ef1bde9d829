import { type Command, Option } from 'commander';
import type { MaintenancePlan } from '../../retention/plan.ts';
import { confirmed } from '../confirm.ts';
import { type Format, outputOption, remark, write } from '../output.ts';

/** The verbs about what becomes of rows as they grow old. */
export function addPartitionVerbs(db: Command): void {
  db.command('partitions')
    .description('show each month of the metric tables: how many rows, how large, and where it is')
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
A month is attached (in the live table), archived (in the schema archive), exported (there, and in a file as well), or
dropped (in the file alone). Rows in the default partition have found no month; \`screentest db maintain\` moves them.`,
    )
    .action(async ({ output }: { output: Format }) => {
      const { withDatabase } = await import('../../client/open.ts');
      const { listMonths } = await import('../../database/month-list.ts');
      const { describeMonths } = await import('../describe-maintenance.ts');
      const months = await withDatabase(process.env, listMonths);
      write(output, months, () => describeMonths(months));
    });
  db.command('maintain')
    .description('do now what the schedules do: make partitions, archive, export and drop what is old')
    .addOption(new Option('--dry-run', 'only show what would be done').default(false))
    .addOption(new Option('--yes', 'do not ask').default(false))
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
How long things are kept is set by SCREENTEST_ARCHIVE_AFTER_MONTHS, SCREENTEST_DROP_AFTER_MONTHS,
SCREENTEST_LOSING_VIDEO_DAYS and SCREENTEST_WINNING_VIDEO_DAYS. A run that was interrupted is gone on with by the next.`,
    )
    .action(async (options: { dryRun: boolean; yes: boolean; output: Format }) => {
      const { readRetentionSettings, readStorageSettings } = await import('../../config/environment.ts');
      const { retentionRules } = await import('../../config/retention.ts');
      const { withDatabase } = await import('../../client/open.ts');
      const { planMaintenance } = await import('../../retention/plan.ts');
      const { describePlan, describeReport } = await import('../describe-maintenance.ts');
      const rules = retentionRules(readRetentionSettings(process.env));
      await withDatabase(process.env, async (database) => {
        const plan = await planMaintenance(database, rules, new Date());
        if (options.dryRun) {
          write(options.output, plan, () => describePlan(plan));
          return;
        }
        if (goesBeyondPartitions(plan)) {
          if (!options.yes) remark(describePlan(plan));
          await confirmed(options.yes, 'Do all this?');
        }
        const { maintain } = await import('../../retention/maintain.ts');
        const { chooseStore } = await import('../../storage/choose-store.ts');
        const store = await chooseStore(readStorageSettings(process.env));
        const report = await maintain({ database, store, rules }, new Date(), remark);
        write(options.output, report, () => describeReport(report));
      });
    });
}

/** A partition that is made harms nobody; everything else is asked about first. */
function goesBeyondPartitions(plan: MaintenancePlan): boolean {
  const lists = [plan.archiveMonths, plan.dropMonths, plan.dropCampaigns];
  return plan.archiveCampaigns + plan.expireVideos.videos > 0 || lists.some(({ length }) => length > 0);
}
