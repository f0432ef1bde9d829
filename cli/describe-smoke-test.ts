import type { SmokeTest } from '../database/smoke-tests.ts';
import { formatUsd } from '../domain/money.ts';
import { formatSize } from '../domain/video.ts';
import { table } from './tables.ts';

/** What a smoke test showed, and what follows. */
export function describeSmokeTest(test: SmokeTest, applied: readonly string[]): string {
  const { provider, endpoint, providerAccount, video, file, providerJobId } = test;
  return [
    `${resultOf(test)}: ${provider}, account ${providerAccount}`,
    `  at        ${endpoint}`,
    `  ordered   ${video.seconds} s by ${video.model} at ${formatSize(video)}`,
    ...(providerJobId === undefined ? [] : [`  job       ${providerJobId}`]),
    ...(test.cost === undefined ? [] : [`  cost      ${formatUsd(test.cost)}`]),
    ...test.reasons.map((reason) => `  reason    ${reason}`),
    ...(file === undefined
      ? []
      : [
          `  video     ${file.url}`,
          `  file      ${file.sizeBytes} bytes, ${file.seconds} s, SHA-256 ${file.sha256}`,
        ]),
    '',
    ...whatFollows(test, applied),
  ].join('\n');
}

function resultOf({ result, heldReason }: SmokeTest): string {
  return result ?? (heldReason === undefined ? 'under way' : 'unknown');
}

function whatFollows({ result, heldReason, price }: SmokeTest, applied: readonly string[]): string[] {
  switch (result) {
    case 'PASS':
      return [
        applied.length === 0
          ? 'Automatic generation is open.'
          : `Automatic generation is open now (${applied.join(', ')} applied).`,
      ];
    case 'FAIL':
      return [
        'Groups start in manual mode: people provide the videos (screentest provide-video).',
        'Remove the cause and test again, or set VIDEO_PROVIDER=manual.',
      ];
    default:
      return [
        `The order may have cost ${formatUsd(price)}: ${heldReason ?? 'nobody knows what became of it'}.`,
        'It is not sent again. Look for the job at the provider; run this again to look once more,',
        'or with --accept-possible-charge to count it as charged and make a new one.',
      ];
  }
}

export function smokeTestTable(tests: readonly SmokeTest[]): string {
  return table(
    ['started', 'result', 'provider', 'account', 'model', 'ordered', 'cost', 'reasons'],
    tests.map((test) => [
      test.startedAt.toISOString().slice(0, 16).replace('T', ' '),
      resultOf(test),
      test.provider,
      test.providerAccount,
      test.video.model,
      `${test.video.seconds} s, ${formatSize(test.video)}`,
      test.cost === undefined ? '' : formatUsd(test.cost),
      test.result === undefined ? (test.heldReason ?? '') : test.reasons.join('; '),
    ]),
  );
}
