import { FAULT_CATALOGUE, FAULT_NAMES } from '../../simulator/fault-catalogue.ts';
import { OUTCOMES, type Outcome, WORLDS_IN_WORDS } from './outcomes.ts';

const INTRODUCTION = `# What happens when the video API fails

Each line is one order of a group that meets a fault of the simulator's catalogue (\`docs/simulator.md\`), while the
group's other orders meet none and are completed. \`npm run test:faults\` plays every line through real servers and
workers, and compares the jobs and charges of the simulated provider with Screentest's own book, to the cent. This page
is written from the same table (\`test/faults/outcomes.ts\`).

"Jobs" are those that the provider makes of the order, "charged" the videos that it charges for, and "book" what
Screentest's ledger says of each order's reservation: there are two where a video is ordered anew by itself, after a job
that was stopped for certain. Where the two differ, the line says why nobody can know better.
`;

const ELSEWHERE = `## Faults that are not one order's

What the whole account may do, and what the video API has no part in; \`test/faults/\` plays them in tests of their own,
beside workers that are killed at each step, and Postgres and Temporal that go away. Webhooks only cut a wait short: the
videos are the same whatever becomes of them.
`;

/** `docs/faults.md`, from the table that the test plays. */
export function faultsPage(): string {
  const worlds = [...new Set(OUTCOMES.map(({ world = 'usual' }) => world))];
  return [
    INTRODUCTION,
    ...worlds.flatMap((world) => [
      `## ${WORLDS_IN_WORDS[world].title}\n`,
      `${WORLDS_IN_WORDS[world].text}\n`,
      '| fault | what happens | jobs | charged | book | the variant is | the person is told |',
      '| --- | --- | --- | --- | --- | --- | --- |',
      ...OUTCOMES.filter((outcome) => (outcome.world ?? 'usual') === world).map(row),
      '',
    ]),
    ELSEWHERE,
    '| fault | what happens |',
    '| --- | --- |',
    ...FAULT_NAMES.filter((name) => !OUTCOMES.some(({ fault }) => fault === name)).map(
      (name) => `| \`${name}\` | ${FAULT_CATALOGUE[name].happens} |`,
    ),
    '',
  ].join('\n');
}

function row(outcome: Outcome): string {
  const { fault, orders = 1, jobs, billed, book, because, ends, told, meanwhile } = outcome;
  const words = [
    ...told.map((part) => `"${part}"`),
    ...(meanwhile === undefined ? [] : [`while it waits: "${meanwhile}"`]),
  ];
  const cells = [
    `\`${fault}\``,
    FAULT_CATALOGUE[fault].happens,
    jobs,
    billed,
    `${orders === 1 ? book : `${orders} × ${book}`}${because === undefined ? '' : `: ${because}`}`,
    ends,
    words.length === 0 ? 'nothing: the video is there' : words.join(', '),
  ];
  return `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;
}
