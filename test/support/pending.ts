import { defaultPayloadConverter } from '@temporalio/common';
import type { GroupId } from '../../domain/ids.ts';
import { workflowIdOf } from '../../workflows/messages.ts';
import type { Rig } from './rig.ts';

/** What the Web UI shows of a group's activities that are under way: what they said last, and why they last failed. */
export async function pendingTroubles({ temporal }: Rig, id: GroupId): Promise<readonly string[]> {
  const { raw } = await temporal.workflow.getHandle(workflowIdOf(id)).describe();
  return (raw.pendingActivities ?? []).flatMap(({ heartbeatDetails, lastFailure }) => [
    ...(heartbeatDetails?.payloads ?? []).map((payload) =>
      JSON.stringify(defaultPayloadConverter.fromPayload(payload)),
    ),
    ...(lastFailure?.message == null ? [] : [lastFailure.message]),
  ]);
}
