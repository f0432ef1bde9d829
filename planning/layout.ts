import { type Brief, BriefInvalid } from '../domain/brief.ts';
import { type Design, designOf } from '../domain/design.ts';
import { isFactor, type Mutations } from '../domain/mutations.ts';
import { factorsOf } from '../domain/templates.ts';
import { diversify } from './designs/diversify.ts';
import { factorial, factorialRange, factorsFor } from './designs/factorial.ts';
import { isolate, isolateSize } from './designs/isolate.ts';
import { manual } from './designs/manual.ts';
import { type DesignFactor, gridSize, type Layout, levelCounts, type Run } from './designs/runs.ts';
import { areCompatible } from './library/index.ts';

/** What a brief's design is made of, the control's level first in each: its own factors, or else its template's. */
export function designFactors(brief: Pick<Brief, 'factors' | 'template' | 'tone'>): readonly DesignFactor[] {
  return Object.entries(factorsOf(brief)).flatMap(([factor, levels]) =>
    isFactor(factor) && levels !== undefined ? [{ factor, levels }] : [],
  );
}

/**
 * Which levels stand in which variant, by the brief's design. The same brief, seed included, gives the same.
 * @throws BriefInvalid where the design can't be had with so many variants of these factors
 */
export function layoutOf(brief: Brief): Layout {
  const { variants, seed } = brief;
  const design = designOf(brief);
  if (typeof variants !== 'number') {
    if (design !== 'manual') throw ownPromptsBeside(design);
    return manual(variants);
  }
  const factors = designFactors(brief);
  switch (design) {
    case 'isolate': {
      const most = isolateSize(factors);
      if (variants > most)
        throw tooMany(variants, most, 'the control and one for each further level of', factors);
      return isolate(factors, variants);
    }
    case 'factorial': {
      // A person's own factors are all meant; of a template's, as many as so few videos can judge.
      const crossed = brief.factors === undefined ? factorsFor(factors, variants) : factors;
      refuseFactorial(crossed, variants);
      return factorial(crossed, variants, seed);
    }
    case 'diversify': {
      const most = gridSize(levelCounts(factors));
      if (variants > most) throw tooMany(variants, most, 'every combination of', factors);
      return diversify(factors, variants, seed, (run) =>
        areCompatible(levelsIn(run, factors), brief.template),
      );
    }
    case 'manual':
      throw new BriefInvalid([
        {
          path: 'variants',
          given: String(variants),
          allowed: 'a list of { name, prompt }, for the design "manual"',
        },
      ]);
  }
}

/** What a variant is made of, of what the design varies. */
function levelsIn(run: Run, factors: readonly DesignFactor[]): Mutations {
  return Object.fromEntries(factors.map(({ factor, levels }, i) => [factor, levels[run[i] ?? 0]]));
}

function refuseFactorial(factors: readonly DesignFactor[], variants: number): void {
  const range = factorialRange(factors);
  if (range === undefined) {
    throw new BriefInvalid([
      {
        path: 'factors',
        given: described(factors),
        allowed: 'two factors or more, for the design "factorial": it crosses them; "isolate" takes one',
      },
    ]);
  }
  if (variants > range.most) throw tooMany(variants, range.most, 'every combination of', factors);
  if (variants >= range.least) return;
  throw new BriefInvalid([
    {
      path: 'variants',
      given: String(variants),
      allowed: `${range.least} to ${range.most} for a factorial of ${described(factors)}: each level in two videos at least, and one video more than there are effects; leave levels or factors out for fewer`,
    },
  ]);
}

function tooMany(
  variants: number,
  most: number,
  which: string,
  factors: readonly DesignFactor[],
): BriefInvalid {
  return new BriefInvalid([
    {
      path: 'variants',
      given: String(variants),
      allowed: `at most ${most}, ${which} ${described(factors)}; add levels under "factors" for more`,
    },
  ]);
}

function ownPromptsBeside(design: Design): BriefInvalid {
  return new BriefInvalid([
    {
      path: 'design',
      given: `"${design}"`,
      allowed:
        '"manual" with prompts of your own under "variants"; or a number there, to plan them from factors',
    },
  ]);
}

/** `hook (3 levels), pacing (2)` */
function described(factors: readonly DesignFactor[]): string {
  return factors
    .map(({ factor, levels }, index) => `${factor} (${levels.length}${index === 0 ? ' levels' : ''})`)
    .join(', ');
}
