import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { factorEffects, type MeasuredArm } from '../../analysis/factor-effects.ts';
import type { Brief, BriefInput } from '../../domain/brief.ts';
import type { DesignStatement } from '../../planning/designs/statement.ts';
import { layoutOf } from '../../planning/layout.ts';
import { planVariants } from '../../planning/plan.ts';
import { reviewPlan } from '../../planning/review.ts';
import { briefWith } from '../domain/example-brief.ts';
import { exactRank } from './exact-rank.ts';
import { randomBriefs } from './random-briefs.ts';

const statementOf = (brief: Brief): DesignStatement => reviewPlan(brief).statement;

/** For each level beside the control's, by its label: in which videos it is. */
function levelColumns(brief: Brief): Map<string, number[]> {
  const plan = planVariants(brief);
  const labels = new Set(
    plan.flatMap(({ mutations }) =>
      Object.entries(mutations).map(([factor, level]) => `${factor}: ${level}`),
    ),
  );
  return new Map(
    [...labels].map((label) => [
      label,
      plan.map(({ mutations }) =>
        Object.entries(mutations).some(([factor, level]) => `${factor}: ${level}` === label) ? 1 : 0,
      ),
    ]),
  );
}

/** Two-level factors as 1 and -1. */
function signsOf(brief: Brief): Map<string, number[]> {
  const { factors, runs } = layoutOf(brief);
  return new Map(factors.map(({ factor }, i) => [factor, runs.map((run) => (run[i] === 0 ? -1 : 1))]));
}

const product = (one: readonly number[] = [], other: readonly number[] = []) =>
  one.map((sign, i) => sign * (other[i] ?? 0));

describe.each(['isolate', 'factorial', 'diversify', 'manual'] as const)(
  'what %s says that it can tell',
  (design) => {
    test('is so by the exact rank of its variants', () => {
      fc.assert(
        fc.property(randomBriefs[design], (brief) => {
          const columns = levelColumns(brief);
          const ones = planVariants(brief).map(() => 1);
          const rank = exactRank([ones, ...columns.values()]);
          const { effects, spareVideos } = statementOf(brief);
          expect(spareVideos).toBe(ones.length - rank);
          expect(effects.map(({ factor, level }) => `${factor}: ${level}`).sort()).toEqual(
            [...columns.keys()].sort(),
          );
          for (const { factor, level, videos, inseparable, with: others } of effects) {
            const label = `${factor}: ${level}`;
            const own = columns.get(label) ?? [];
            const rest = [...columns].filter(([other]) => other !== label).map(([, column]) => column);
            const isOwn = exactRank([ones, ...rest]) === rank - 1;
            expect([label, inseparable === 'aliased']).toEqual([label, !isOwn]);
            // Those it is said to come with are enough to make it up.
            const named = others.map((other) => columns.get(other) ?? []);
            if (!isOwn) expect(exactRank([ones, ...named, own])).toBe(exactRank([ones, ...named]));
            const ofFactor = [...columns]
              .filter(([other]) => other.startsWith(`${factor}: `))
              .map(([, column]) => column);
            const without = ones.filter((_, i) => ofFactor.every((column) => column[i] === 0)).length;
            expect(videos).toBe(own.filter(Boolean).length);
            if (inseparable === null)
              expect(Math.min(videos, without, spareVideos + 1)).toBeGreaterThanOrEqual(2);
            if (isOwn && inseparable === 'one_video') expect(Math.min(videos, without)).toBe(1);
            if (inseparable === 'too_few_videos') expect(spareVideos).toBe(0);
          }
        }),
        { numRuns: 15 },
      );
    });

    test('is what the analysis will estimate', () => {
      fc.assert(
        fc.property(randomBriefs[design], (brief) => {
          const arms = planVariants(brief).map(({ name, mutations }, i): MeasuredArm => {
            const rate = 0.01 * (1 + ((i * 7) % 5) / 10);
            const exposures = 100_000;
            return {
              arm: { id: name, name, factors: mutations },
              rate,
              variance: (rate * (1 - rate)) / exposures,
              exposures,
              conversions: rate * exposures,
            };
          });
          const estimated = factorEffects(arms).map(({ factor, level, kind }) => [
            `${factor}: ${level}`,
            kind === 'estimated',
          ]);
          const stated = statementOf(brief).effects.map(({ factor, level, inseparable }) => [
            `${factor}: ${level}`,
            inseparable === null,
          ]);
          expect(Object.fromEntries(stated)).toEqual(Object.fromEntries(estimated));
        }),
        { numRuns: 15 },
      );
    });
  },
);

test('a factorial of whatever factors can tell the effect of each level that it has', () => {
  fc.assert(
    fc.property(randomBriefs.factorial, (brief) => {
      const { effects, dEfficiency } = statementOf(brief);
      expect(effects.filter(({ inseparable }) => inseparable !== null)).toEqual([]);
      expect(dEfficiency).toBeGreaterThan(0.6);
    }),
    { numRuns: 20 },
  );
});

describe('the aliases of a factorial', () => {
  const twoLevels = fc
    .tuple(fc.integer({ min: 3, max: 8 }), fc.integer({ min: 6, max: 24 }))
    .filter(([count, variants]) => variants >= count + 2 && variants <= 2 ** count)
    .map(([count, variants]) => twoLevelBrief(count, variants));

  test('are what the interactions add to the least-squares effects, to the last one', () => {
    fc.assert(
      fc.property(twoLevels, (brief) => {
        const signs = signsOf(brief);
        const { aliases } = statementOf(brief);
        const names = [...signs.keys()];
        for (const [i, one] of names.entries()) {
          for (const other of names.slice(i + 1)) {
            const shown = leastSquares([...signs.values()], product(signs.get(one), signs.get(other)));
            names.forEach((factor, k) => {
              const alias = aliases.find(
                (a) => a.factor === factor && a.interaction.join() === [one, other].join(),
              );
              expect(alias?.weight ?? 0).toBeCloseTo(Math.abs(shown[k + 1] ?? 0), 9);
            });
          }
        }
      }),
      { numRuns: 15 },
    );
  });

  test('are the factor itself just where they say so, by the exact rank; chains are one column, and no two of them the same', () => {
    fc.assert(
      fc.property(twoLevels, (brief) => {
        const signs = signsOf(brief);
        const ones = planVariants(brief).map(() => 1);
        const main = [ones, ...signs.values()];
        const { aliases, chains } = statementOf(brief);
        expect(exactRank(main)).toBe(main.length);
        for (const { factor, interaction, weight, isSame } of aliases) {
          const column = product(signs.get(interaction[0]), signs.get(interaction[1]));
          expect(isSame).toBe(exactRank([signs.get(factor) ?? [], column]) === 1);
          if (isSame) expect(weight).toBeCloseTo(1, 9);
        }
        const columns = chains.map((chain) =>
          chain.map(([one, other]) => product(signs.get(one), signs.get(other))),
        );
        for (const chain of columns) expect(exactRank(chain)).toBe(1);
        const firsts = columns.flatMap(([first]) => (first === undefined ? [] : [first]));
        firsts.forEach((one, i) => {
          for (const other of firsts.slice(i + 1)) expect(exactRank([one, other])).toBe(2);
        });
      }),
      { numRuns: 15 },
    );
  });

  test.each([
    ['III', 6, 8, 3, 12],
    ['IV', 4, 8, 4, 0],
    ['V', 5, 16, 5, 0],
    ['III of Plackett and Burman', 5, 12, 3, 30],
    ['none where it is whole', 3, 8, null, 0],
  ])('resolution %s', (_, count, variants, resolution, aliases) => {
    const stated = statementOf(twoLevelBrief(count, variants));
    expect([stated.resolution, stated.aliases.length]).toEqual([resolution, aliases]);
  });

  test('at resolution IV are none, but interactions come in three pairs', () => {
    const { chains, cannot } = statementOf(twoLevelBrief(4, 8));
    expect(chains).toEqual([
      [
        ['hook', 'tone'],
        ['persona', 'proof'],
      ],
      [
        ['hook', 'persona'],
        ['tone', 'proof'],
      ],
      [
        ['hook', 'proof'],
        ['tone', 'persona'],
      ],
    ]);
    expect(cannot).toContain('how hook and tone work together, from how persona and proof do');
  });
});

describe('in words', () => {
  const factors = {
    hook: ['scene', 'question', 'bold_claim'],
    tone: ['warm', 'urgent'],
    pacing: ['steady', 'fast'],
  };
  const statement = (changes: Partial<BriefInput>) => statementOf(briefWith({ factors, ...changes }));

  test('one factor at a time tells videos apart, not levels', () => {
    const { can, cannot, effects, leftOut } = statement({ variants: 4 });
    expect(can).toEqual([
      'which video is the best, and by how much each differs from the control',
      'what that difference goes with: each video changes one factor alone',
    ]);
    expect(cannot[0]).toMatch(
      /one video alone has it, or is without it: hook: question, tone: urgent, pacing: fast$/,
    );
    expect(cannot).toContain('how two changes work together: no video has two');
    expect(effects.map(({ inseparable }) => inseparable)).toEqual(['one_video', 'one_video', 'one_video']);
    expect(leftOut).toEqual([{ factor: 'hook', levels: ['bold_claim'] }]);
    expect(cannot).toContain('anything of what no video has: hook (bold_claim)');
  });

  test('a factorial tells levels, with how many videos carry each', () => {
    const { can, cannot } = statement({ variants: 6, design: 'factorial' });
    expect(can).toContain(
      'what hook does, over the other factors: question (2 videos), bold_claim (2 videos) against scene (2 videos)',
    );
    expect(can).toContain(
      'what tone does, over the other factors: urgent (3 videos) against warm (3 videos)',
    );
    expect(cannot).toContain('how two factors work together: effects are taken to add up');
  });

  test('concepts far apart tell which concept, and how far apart they are', () => {
    const { can, cannot, distances } = statement({ variants: 3, design: 'diversify' });
    expect(distances).toMatchObject({ least: 2, bound: 2 });
    expect(can.join()).toMatch(/which of 3 concepts works: any two differ in 2 of 3 factors or more/);
    expect(cannot).toContain(
      'which level makes a concept good: there are more levels than videos to tell them apart by',
    );
  });

  test('prompts that name no levels tell which of them is the best, and nothing of why', () => {
    const variants = ['A', 'B'].map((name) => ({ name, prompt: `${name} film.` }));
    const { can, cannot, distances, factors: known } = statementOf(briefWith({ variants }));
    expect(can).toHaveLength(1);
    expect(cannot).toEqual([expect.stringMatching(/^why a video is better/)]);
    expect([distances, known]).toEqual([null, []]);
  });

  test('levels that come together are named with each other, both of them', () => {
    const mutations = [{}, {}, { hook: 'question', tone: 'urgent' }, { hook: 'question', tone: 'urgent' }];
    const variants = mutations.map((own, i) => ({ name: `V${i}`, prompt: `Film ${i}.`, mutations: own }));
    const { effects, cannot } = statementOf(briefWith({ variants }));
    expect(effects.map(({ inseparable, with: others }) => [inseparable, others])).toEqual([
      ['aliased', ['tone: urgent']],
      ['aliased', ['hook: question']],
    ]);
    expect(cannot).toContain('hook: question from tone: urgent: they come together');
  });
});

function twoLevelBrief(count: number, variants: number): Brief {
  const names = ['hook', 'tone', 'persona', 'proof', 'pacing', 'camera', 'lighting', 'setting'].slice(
    0,
    count,
  );
  return briefWith({
    design: 'factorial',
    variants,
    factors: Object.fromEntries(names.map((name) => [name, [`${name} as it is`, `${name} changed`]])),
  });
}

/** Coefficients of the mean and each column, by Gaussian elimination on the normal equations. */
function leastSquares(columns: readonly (readonly number[])[], values: readonly number[]): number[] {
  const all = [values.map(() => 1), ...columns];
  const dot = (one: readonly number[], other: readonly number[]) =>
    one.reduce((sum, x, i) => sum + x * (other[i] ?? 0), 0);
  const rows = all.map((column) => [...all.map((other) => dot(column, other)), dot(column, values)]);
  rows.forEach((_, i) => {
    const pivot = rows[i]?.[i] ?? 1;
    rows[i] = (rows[i] ?? []).map((value) => value / pivot);
    rows.forEach((row, k) => {
      if (k !== i) rows[k] = row.map((value, j) => value - (row[i] ?? 0) * (rows[i]?.[j] ?? 0));
    });
  });
  return rows.map((row) => row.at(-1) ?? Number.NaN);
}
