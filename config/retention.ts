import type { RetentionRules } from '../domain/retention.ts';
import type { RetentionSettings } from './environment.ts';

export function retentionRules(settings: RetentionSettings): RetentionRules {
  return {
    archiveAfterMonths: settings.SCREENTEST_ARCHIVE_AFTER_MONTHS,
    dropAfterMonths: settings.SCREENTEST_DROP_AFTER_MONTHS,
    losingVideoDays: settings.SCREENTEST_LOSING_VIDEO_DAYS,
    winningVideoDays: settings.SCREENTEST_WINNING_VIDEO_DAYS,
  };
}
