import type { ActivitySlotInfo, CustomSlotSupplier, WorkerTuner } from '@temporalio/worker';
import type { SubmitPacer } from '../providers/submit-pacer.ts';

/**
 * Asks the queue for another order only while few wait for their turn here: the queue is fair between ventures,
 * and an order that has left it only waits behind others. There is no other bound, so that providers which take
 * long to answer, and outcomes that are being found out, keep nothing from being sent.
 */
export function submitTuner(pacer: SubmitPacer): WorkerTuner {
  return {
    activityTaskSlotSupplier: slotsAtPace(pacer),
    workflowTaskSlotSupplier: UNUSED,
    localActivityTaskSlotSupplier: UNUSED,
    nexusTaskSlotSupplier: UNUSED,
  };
}

const UNUSED = { type: 'fixed-size', numSlots: 1 } as const;

function slotsAtPace(pacer: SubmitPacer): CustomSlotSupplier<ActivitySlotInfo> {
  return {
    type: 'custom',
    async reserveSlot(_context, signal) {
      await pacer.untilFewWait(signal);
      return {};
    },
    // For activities that come with a workflow's task: none does, the workflows have a queue of their own.
    tryReserveSlot: () => null,
    markSlotUsed() {},
    releaseSlot() {},
  };
}
