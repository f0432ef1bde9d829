import { formatSize } from '../domain/video.ts';
import { inspectVideo, type VideoProblem, type VideoProblemCode } from './inspect.ts';
import { factsOf, type VideoFacts } from './probe.ts';

export type { VideoProblem, VideoProblemCode } from './inspect.ts';

export interface ExpectedVideo {
  readonly durationSeconds: number;
  readonly width: number;
  readonly height: number;
  /** How far the duration may be off either way, in seconds; 0.5 unless told. */
  readonly toleranceSeconds?: number;
  /** Inclusive; no cap unless told. */
  readonly maxBytes?: number;
}

export type VideoCheck =
  | { readonly ok: true; readonly facts: VideoFacts }
  | { readonly ok: false; readonly problems: readonly [VideoProblem, ...VideoProblem[]] };

/** What is wrong with a file that plays. */
export const MISSES_THE_ORDER: ReadonlySet<VideoProblemCode> = new Set([
  'WRONG_DURATION',
  'WRONG_RESOLUTION',
]);

const DEFAULT_TOLERANCE_SECONDS = 0.5;

/**
 * Whether a file is the video that was ordered: everything that is wrong with it, in words a person can act on.
 * @throws NotFound where there is no file
 */
export async function checkVideo(path: string, expected: ExpectedVideo): Promise<VideoCheck> {
  const inspection = await inspectVideo(path);
  if ('problem' in inspection) return { ok: false, problems: [inspection.problem] };

  const facts = factsOf(inspection);
  const { declaredSeconds, playableSeconds } = inspection.tracks;
  const { durationSeconds, toleranceSeconds = DEFAULT_TOLERANCE_SECONDS, maxBytes } = expected;
  const problems: VideoProblem[] = [];
  if (maxBytes !== undefined && facts.sizeBytes > maxBytes) {
    problems.push({
      code: 'TOO_LARGE',
      message: `it has ${facts.sizeBytes} bytes, at most ${maxBytes} are allowed`,
    });
  }
  if (playableSeconds < declaredSeconds) {
    problems.push({
      code: 'TRUNCATED',
      message: `its bytes end after ${seconds(playableSeconds)} of ${seconds(declaredSeconds)}`,
    });
  } else if (Math.abs(playableSeconds - durationSeconds) > toleranceSeconds) {
    problems.push({
      code: 'WRONG_DURATION',
      message: `it plays ${seconds(playableSeconds)}, ordered were ${seconds(durationSeconds)} (±${seconds(toleranceSeconds)})`,
    });
  }
  if (facts.width !== expected.width || facts.height !== expected.height) {
    problems.push({
      code: 'WRONG_RESOLUTION',
      message: `it is ${formatSize(facts)}, ordered was ${formatSize(expected)}`,
    });
  }
  const [first, ...others] = problems;
  return first === undefined ? { ok: true, facts } : { ok: false, problems: [first, ...others] };
}

function seconds(value: number): string {
  return `${Number(value.toFixed(2))} s`;
}
