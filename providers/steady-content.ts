import { Unavailable } from '../domain/errors.ts';
import type { VideoProvider } from './video-provider.ts';

/** Milliseconds without a byte. A file that comes slowly may take as long as it takes. */
const LONGEST_SILENCE_MS = 30_000;

/**
 * The same provider, whose downloads end with an error when the other end falls silent and keeps the connection open:
 * fetched again, the file is mostly there. Node would wait for five minutes.
 */
export function withSteadyContent(
  provider: VideoProvider,
  longestSilenceMs = LONGEST_SILENCE_MS,
): VideoProvider {
  return {
    ...provider,
    async content(id, signal) {
      const silence = new AbortController();
      const content = await provider.content(id, AbortSignal.any([signal, silence.signal]));
      return { ...content, body: steady(content.body, silence, longestSilenceMs) };
    },
  };
}

/** @throws Unavailable when nothing comes for so long; the request is aborted then */
async function* steady(
  body: AsyncIterable<Uint8Array>,
  silence: AbortController,
  longestSilenceMs: number,
): AsyncGenerator<Uint8Array> {
  const chunks = body[Symbol.asyncIterator]();
  let isSilent = false;
  try {
    for (;;) {
      const next = await withinSilence(chunks.next(), longestSilenceMs);
      if (next === 'silent') {
        isSilent = true;
        silence.abort();
        throw fellSilent(longestSilenceMs);
      }
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    // One that is silent would not end before its next chunk: the abort ends it.
    if (!isSilent) await chunks.return?.();
  }
}

async function withinSilence<Result>(chunk: Promise<Result>, mostMs: number): Promise<Result | 'silent'> {
  let timer: NodeJS.Timeout | undefined;
  const silent = new Promise<'silent'>((resolve) => {
    timer = setTimeout(resolve, mostMs, 'silent');
  });
  chunk.catch(() => undefined); // once it is aborted, nobody waits for it any more
  try {
    return await Promise.race([chunk, silent]);
  } finally {
    clearTimeout(timer);
  }
}

function fellSilent(silenceMs: number): Unavailable {
  return new Unavailable({
    code: 'DOWNLOAD_SILENT',
    given: `The file stopped coming in the middle: nothing for ${silenceMs / 1000} s`,
  });
}
