import { Refused } from '../domain/errors.ts';
import type { ProviderCapabilities, VideoProvider } from './video-provider.ts';

const CAPABILITIES: ProviderCapabilities = {
  honoursIdempotencyKeys: false,
  listsJobs: false,
  cancelsJobs: false,
  sendsWebhooks: false,
  submitsPerMinute: undefined,
};

/** No video API at all: people make the videos elsewhere, and provide them. */
export function createManualProvider(): VideoProvider {
  return {
    name: 'manual',
    capabilities: CAPABILITIES,
    async submit() {
      throw new Refused({
        code: 'VIDEOS_ARE_PROVIDED',
        given: 'No video is ordered here, since VIDEO_PROVIDER is manual',
        fix: 'provide the video yourself: `screentest provide-video <group> <file> --variant <name>`',
      });
    },
    // A job of the provider that was chosen before is paid for: it is not called gone because nobody can be asked.
    async status(ids) {
      throw notAsked(ids.join(', '));
    },
    async content(id) {
      throw notAsked(id);
    },
    async cancel() {
      return 'unknown';
    },
    async jobsSince() {
      return [];
    },
  };
}

function notAsked(job: string): Refused {
  return new Refused({
    code: 'PROVIDER_IS_MANUAL',
    given: `Nobody can be asked about ${job}: it was ordered from a video API, and VIDEO_PROVIDER is manual now`,
    fix: 'set VIDEO_PROVIDER back until the videos that were ordered are there, or provide the video yourself',
  });
}
