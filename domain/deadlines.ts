import { z } from 'zod';
import { duration } from './brief-fields.ts';

export const deadlinesField = z
  .strictObject({
    approving: duration
      .default('7d')
      .describe('From the plan to its approval, where gates.plan asks for one.'),
    generating: duration.default('24h').describe('How long the videos may take.'),
    reviewing: duration
      .default('7d')
      .describe('From the newest video to the last review, where gates.videos asks for them.'),
    testing: duration.default('28d').describe('How long metrics are collected.'),
    deciding: duration.default('14d').describe('How long the group waits for a decision after that.'),
  })
  .describe('How long each phase may last: a number and s, m, h, d or w.');
