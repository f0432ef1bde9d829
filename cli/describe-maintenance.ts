import type { MonthPart } from '../database/month-list.ts';
import type { MaintenanceReport } from '../retention/maintain.ts';
import type { MaintenancePlan } from '../retention/plan.ts';
import { table } from './tables.ts';

export function describeMonths(months: readonly MonthPart[]): string {
  return table(
    ['month', 'table', 'rows', 'size', 'where', 'since', 'file'],
    months.map((part) => [
      part.month,
      part.table,
      part.rows.toLocaleString('en-US'),
      size(part.bytes),
      part.place,
      (part.droppedAt ?? part.detachedAt)?.toISOString().slice(0, 10) ?? '',
      part.exportedTo ?? '',
    ]),
  );
}

export function describePlan(plan: MaintenancePlan): string {
  return [
    line('make partitions for', plan.makePartitions),
    line('move rows out of the default partition for', plan.moveRowsOf),
    `archive campaigns: ${plan.archiveCampaigns}`,
    line('archive months', plan.archiveMonths),
    ...plan.monthsThatWait.map((reason) => `  stays: ${reason}`),
    line('export and drop months', plan.dropMonths),
    `remove videos: ${plan.expireVideos.videos} (${size(plan.expireVideos.bytes)})`,
    line('drop campaigns', plan.dropCampaigns),
    'One step makes work for the next: a month follows the campaigns in it, and a campaign its months.',
  ].join('\n');
}

export function describeReport(report: MaintenanceReport): string {
  return [
    line('made partitions', report.made),
    `archived campaigns: ${report.archivedCampaigns}`,
    line('archived months', report.archived),
    ...report.waiting.map((reason) => `  stays: ${reason}`),
    line('exported', report.exported),
    line('dropped months', report.dropped),
    `removed videos: ${report.expiredVideos.videos} (${size(report.expiredVideos.bytes)})`,
    line('dropped campaigns', report.droppedCampaigns),
  ].join('\n');
}

function line(what: string, items: readonly string[]): string {
  return `${what}: ${items.length === 0 ? 'none' : items.join(', ')}`;
}

function size(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
