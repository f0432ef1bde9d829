import { createInterface } from 'node:readline/promises';
import { briefSchema } from '../domain/brief.ts';
import { issuesOf } from '../domain/brief-issues.ts';
import { TEMPLATES } from '../domain/templates.ts';
import type { NewBrief } from './brief-template.ts';
import { Interrupted } from './run.ts';

/** One thing that is asked. */
interface Question {
  readonly field: keyof NewBrief;
  readonly ask: string;
  /** What an empty answer stands for; undefined where one must be given. */
  readonly otherwise?: string;
  /** An answer as the brief has it. */
  readonly read?: (answer: string) => unknown;
}

const QUESTIONS: readonly Question[] = [
  { field: 'venture', ask: 'Whose ads are they (a company, a brand)?' },
  { field: 'name', ask: 'What is this test called?' },
  { field: 'product', ask: 'What is advertised, as in the middle of a sentence?' },
  { field: 'audience', ask: 'Whom is it for?', otherwise: 'people who might want it' },
  { field: 'offer', ask: 'What does the ad end on?', otherwise: 'an invitation to learn more' },
  { field: 'template', ask: 'Which kind of ad? A number, or the name in capitals', read: readTemplate },
  {
    field: 'platforms',
    ask: 'Where do they run? Names with commas between',
    otherwise: 'instagram, tiktok',
    read: (answer) => answer.split(',').map((name) => name.trim().toLowerCase()),
  },
  { field: 'variants', ask: 'How many variants, the control included?', otherwise: '4', read: Number },
  {
    field: 'budget',
    ask: 'What may the videos cost in all, in US dollars? Nothing for no limit',
    otherwise: '',
    read: (answer) => (answer === '' ? undefined : { generationUsd: Number(answer.replace(/^\$/, '')) }),
  },
];

/**
 * Asks on the terminal what a new brief says, but for what is given. What can't be is asked again, with what is
 * allowed. @throws Interrupted when the person leaves
 */
export async function askBrief(
  given: Readonly<Record<string, unknown>>,
): Promise<Readonly<Record<string, unknown>>> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const left = new Promise<never>((_, reject) => {
    terminal.once('close', () => reject(new Interrupted()));
  });
  // After the last answer it is closed by us.
  left.catch(() => undefined);
  const answers: Record<string, unknown> = { ...given };
  try {
    for (const question of QUESTIONS) {
      if (answers[question.field] !== undefined) continue;
      if (question.field === 'template') process.stderr.write(`\n${templateList()}\n\n`);
      answers[question.field] = await Promise.race([answerTo(question, terminal), left]);
    }
  } finally {
    terminal.close();
  }
  return answers;
}

async function answerTo(
  { field, ask, otherwise, read = (text) => text }: Question,
  terminal: ReturnType<typeof createInterface>,
): Promise<unknown> {
  for (;;) {
    const hint = otherwise === undefined || otherwise === '' ? '' : ` [${otherwise}]`;
    const answer = (await terminal.question(`${ask}${hint} `)).trim();
    const value = read(answer === '' && otherwise !== undefined ? otherwise : answer);
    const schema = briefSchema.shape[field];
    const parsed = schema.safeParse(value);
    if (parsed.success) return value;
    for (const { allowed } of issuesOf(parsed.error, value, schema)) {
      process.stderr.write(`  allowed: ${allowed}\n`);
    }
  }
}

function templateList(): string {
  return TEMPLATES.map(
    ({ code, description }, index) => `${String(index + 1).padStart(2)} ${code}: ${description}`,
  ).join('\n');
}

function readTemplate(answer: string): string {
  return TEMPLATES[Number(answer) - 1]?.code ?? answer.toUpperCase().replaceAll(/[ -]/g, '_');
}
