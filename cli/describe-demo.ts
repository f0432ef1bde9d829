import { fileURLToPath } from 'node:url';
import type { DemoResult } from '../local/demo.ts';
import { describeStandings, describeStatus } from './describe-status.ts';
import { table } from './tables.ts';

/** What the demo showed, where it is, and what to try next. */
export function describeDemo(
  { stack, dataFolder, workflowId, report, metricsFile, truth }: DemoResult,
  isKept: boolean,
): string {
  const { group, standings } = report;
  const runs = `${stack.uiUrl}/namespaces/default/workflows/${encodeURIComponent(workflowId)}`;
  return [
    '',
    describeStatus({ ...report, standings: undefined }).replace(/\n+No metrics yet\.$/, ''),
    '',
    ...(standings === undefined ? [] : ['Standings', '', describeStandings(standings), '']),
    "The simulated audience's true rates",
    '',
    table(
      ['variant', 'true rate'],
      Object.entries(truth).map(([name, rate]) => [name, `${(rate * 100).toFixed(2)}%`]),
    ),
    '',
    'Videos',
    ...group.variants.map(
      ({ name, videoUrl }) => `  ${name}: ${videoUrl === undefined ? 'none' : fileURLToPath(videoUrl)}`,
    ),
    '',
    ...(stack.uiUrl === undefined
      ? []
      : [`Web UI    ${runs}${isKept ? '' : ' (open while it runs: --keep)'}`]),
    `Metrics   ${metricsFile}`,
    `Data      ${dataFolder} (npm run demo -- --reset removes it)`,
    '',
    ...(isKept ? whileKept(stack.environmentFile, workflowId) : afterwards()),
  ].join('\n');
}

function whileKept(environmentFile: string, workflowId: string): string[] {
  return [
    'Everything keeps running until Ctrl-C. In another terminal:',
    `  . ${environmentFile}`,
    '  npx screentest list',
    '  npx screentest start examples/espresso-launch.yaml',
    '  npx screentest watch "Espresso launch"       (by id when several have the name)',
    '  npx screentest doctor',
    `  temporal workflow show --workflow-id ${workflowId}`,
  ];
}

function afterwards(): string[] {
  return [
    'Stopping what was started. Next:',
    '  npm run demo -- --keep       the same, left running: open the Web UI, start groups of your own',
    '  npx screentest --help        what else there is',
  ];
}
