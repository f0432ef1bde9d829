import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

/**
 * What a group can be searched by in the Web UI and with `temporal workflow list`. KEYWORD, because TEXT is
 * split into words; no more than ten, because SQL visibility has ten columns. They are never encrypted, so
 * nothing private belongs here.
 */
export const SEARCH_ATTRIBUTES = {
  venture: defineSearchAttributeKey('ScreentestVenture', SearchAttributeType.KEYWORD),
  status: defineSearchAttributeKey('ScreentestStatus', SearchAttributeType.KEYWORD),
  template: defineSearchAttributeKey('ScreentestTemplate', SearchAttributeType.KEYWORD),
  outcome: defineSearchAttributeKey('ScreentestOutcome', SearchAttributeType.KEYWORD),
  verdict: defineSearchAttributeKey('ScreentestVerdict', SearchAttributeType.KEYWORD),
} as const;
