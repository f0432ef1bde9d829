import { CancellationScope } from '@temporalio/workflow';
import { hasVideo } from '../domain/lifecycle.ts';
import { renditionsOf } from '../domain/renditions.ts';
import { named, recordProvidedVideo, takeOverVideo } from './activities.ts';
import type { Group } from './group.ts';

/**
 * A control that won the round before comes with its files, which are never made again. Before anything is ordered:
 * a test without its control is worth nothing, so a file that is gone ends the group while it has cost nothing.
 */
export async function takeOverControl(group: Group): Promise<void> {
  const { brief, groupId, startedBy: by } = group.input;
  const [control] = group.state.variants;
  if (brief.parent === undefined || control === undefined || hasVideo(control.status)) return;
  const from = { groupId: brief.parent.group, variant: brief.parent.variant };
  const names = renditionsOf(brief).map(({ name }) => name);
  if (names.length > 1) control.renditions ??= names.map((name) => ({ name, status: 'pending' }));
  const copies = await Promise.all(
    names.map(async (rendition) => {
      const of = { groupId, variantId: control.id, rendition };
      const summary = `${control.name}, ${rendition} of ${from.variant} before`;
      return { ...of, file: await named(takeOverVideo, summary)({ ...of, from }) };
    }),
  );
  // All of them or none: half of them would leave a control that is nobody's.
  await CancellationScope.nonCancellable(async () => {
    for (const copy of copies) {
      await named(recordProvidedVideo, control.name)({ ...copy, by, from });
      group.renditionIs(control, copy.rendition, 'manual');
    }
    // What was tested in the round before has been looked at.
    group.changeVariant(control, { status: 'manual', reason: '' });
  });
}
