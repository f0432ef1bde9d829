import { readFileSync } from 'node:fs';
import { obrienFlemingBounds } from '../../analysis/group-sequential.ts';
import { logOneSidedMixture } from '../../analysis/normal-mixture.ts';
import { sequentialInterval } from './rivals.ts';

/** One metric of one comparison, as it stood at each checkpoint. */
interface Course {
  readonly checkpoints: readonly { readonly users: number; readonly lift: number; readonly error: number }[];
}

/** How often a method declares at any checkpoint, and whether its first declaration agrees with what it says at the last. */
export interface OnRealTests {
  readonly courses: number;
  readonly everDeclared: number;
  /** Of those: the same direction is declared at the last checkpoint too. */
  readonly standsAtItsEnd: number;
  /** Of those: the last estimate points the other way. */
  readonly turnedAround: number;
}

const SMALLEST_LIFT = 0.02;
const LIMIT = 0.05;

export function onRealTests(path: string): Readonly<Record<string, OnRealTests>> {
  const courses = readCourses(path);
  const methods: Record<string, (course: Course) => readonly number[]> = {
    'anytime (ours, means)': ({ checkpoints }) =>
      checkpoints.map(({ lift, error }) => {
        const information = 1 / error ** 2;
        const rho = 1 / Math.log1p(SMALLEST_LIFT) ** 2;
        const needed = Math.log(2 / LIMIT);
        if (logOneSidedMixture(lift * information, information, rho) >= needed) return 1;
        return logOneSidedMixture(-lift * information, information, rho) >= needed ? -1 : 0;
      }),
    'naive z at every checkpoint': ({ checkpoints }) =>
      checkpoints.map(({ lift, error }) => side(lift / error, 1.959964)),
    'fixed horizon': ({ checkpoints }) =>
      checkpoints.map(({ lift, error }, at) =>
        at === checkpoints.length - 1 ? side(lift / error, 1.959964) : 0,
      ),
    "O'Brien-Fleming at every checkpoint": ({ checkpoints }) => {
      const last = checkpoints.at(-1)?.error ?? 1;
      const bounds = obrienFlemingBounds(
        checkpoints.map(({ error }) => Math.min(1, (last / error) ** 2)),
        LIMIT / 2,
      );
      return checkpoints.map(({ lift, error }, at) =>
        side(lift / error, bounds[at] ?? Number.POSITIVE_INFINITY),
      );
    },
    'GrowthBook sequential': ({ checkpoints }) =>
      checkpoints.map(({ users, lift, error }) => {
        const [low, high] = sequentialInterval({ effect: lift, error }, users, 5000, LIMIT);
        return low > 0 ? 1 : high < 0 ? -1 : 0;
      }),
  };
  return Object.fromEntries(
    Object.entries(methods).map(([name, says]) => {
      const declared = courses.flatMap((course) => {
        const said = says(course);
        const first = said.find((direction) => direction !== 0);
        return first === undefined
          ? []
          : [{ first, last: said.at(-1), end: course.checkpoints.at(-1)?.lift ?? 0 }];
      });
      return [
        name,
        {
          courses: courses.length,
          everDeclared: declared.length,
          standsAtItsEnd: declared.filter(({ first, last }) => first === last).length,
          turnedAround: declared.filter(({ first, end }) => Math.sign(end) !== first).length,
        },
      ];
    }),
  );
}

function side(z: number, bound: number): number {
  return z >= bound ? 1 : z <= -bound ? -1 : 0;
}

/** Log ratios of means by the delta method; courses whose means are not positive are left out. */
function readCourses(path: string): readonly Course[] {
  const [, ...lines] = readFileSync(path, 'utf8').trim().split('\n');
  const courses = new Map<string, { at: number; users: number; lift: number; error: number }[]>();
  for (const line of lines) {
    const [experiment, variant, metric, ...numbers] = line.split(',');
    const [at = 0, nc = 0, nt = 0, mc = 0, mt = 0, vc = 0, vt = 0] = numbers.map(Number);
    const error = Math.sqrt(vc / nc / mc ** 2 + vt / nt / mt ** 2);
    if (!(mc > 0 && mt > 0 && error > 0 && Number.isFinite(error))) continue;
    const key = `${experiment}/${variant}/${metric}`;
    const course = courses.get(key) ?? [];
    courses.set(key, course);
    course.push({ at, users: nc + nt, lift: Math.log(mt / mc), error });
  }
  return [...courses.values()].map((checkpoints) => ({
    checkpoints: checkpoints.sort((one, other) => one.at - other.at),
  }));
}
