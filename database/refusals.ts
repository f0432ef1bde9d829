import {
  BadInput,
  NotFound,
  PreconditionFailed,
  type ScreentestError,
  Unavailable,
} from '../domain/errors.ts';

/**
 * What Postgres refused, in our words: which field broke which rule. A rule is named as it is in the data dictionary,
 * which says what it asks.
 */

/** What `work` gives, with errors of the database as ours. */
export async function fromDatabase<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    throw asRefusal(error);
  }
}

/** A row that is named and isn't there. It may come back: after a restore, what was lost is rebuilt. */
class RowMissing extends NotFound {
  override get mayBeRetried(): boolean {
    return true;
  }
}

/** Any other error is returned as it is: it is a defect of ours, and its stack tells where. */
export function asRefusal(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const answer = postgresAnswer(error);
  if (answer !== undefined) return refusalOf(answer, error) ?? error;
  const code = textIn(error, 'code') ?? '';
  if (code === 'P2025') {
    const model = textIn(propertyOf(error, 'meta'), 'modelName');
    return new RowMissing({
      code: 'ROW_MISSING',
      given: `The ${model === undefined ? 'row' : `row of ${model}`} that this is about is not in the database`,
      fix: 'see `screentest list` for the groups that there are',
      cause: error,
    });
  }
  return UNREACHABLE_BY_PRISMA.has(code) ? unavailable(error.message, error) : error;
}

/** Prisma's own: no connection, none free in time, a transaction that was given up. */
const UNREACHABLE_BY_PRISMA = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028', 'P2034']);

/** An SQLSTATE with what was said. */
interface Answer {
  readonly state: string;
  readonly message: string;
  readonly table: string | undefined;
  readonly hint: string | undefined;
}

/** What Postgres said, through Prisma and its adapter, which keep it in their own wrappings, or without them. */
function postgresAnswer(error: Error): Answer | undefined {
  const wrapped = propertyOf(propertyOf(propertyOf(error, 'meta'), 'driverAdapterError'), 'cause');
  const state = textIn(wrapped, 'originalCode') ?? textIn(error, 'code') ?? '';
  if (!/^[0-9A-Z]{5}$/.test(state) || state.startsWith('P')) return undefined;
  return {
    state,
    message: textIn(wrapped, 'originalMessage') ?? error.message,
    table: textIn(wrapped ?? error, 'table'),
    hint: textIn(wrapped ?? error, 'hint'),
  };
}

function refusalOf(answer: Answer, cause: Error): ScreentestError | undefined {
  const { state, message, hint } = answer;
  const { rule, field } = namesIn(answer);
  switch (state) {
    case '23505':
      return new PreconditionFailed({
        code: 'ROW_EXISTS',
        given: `There is a row with the same ${field} already (rule ${rule})`,
        allowed: 'one row of each',
        fix: 'use the one that is there, or give another value',
        cause,
      });
    case '23001':
    case '23503':
      return message.startsWith('update or delete')
        ? new PreconditionFailed({
            code: 'ROW_IN_USE',
            given: `Other rows still name this one (rule ${rule})`,
            fix: 'remove those first',
            cause,
          })
        : new RowMissing({
            code: 'ROW_MISSING',
            given: `${field} names a row that is not there (rule ${rule})`,
            cause,
          });
    case '23514':
      return rule === undefined
        ? new PreconditionFailed({ code: 'RULE_BROKEN', given: capitalised(message), cause })
        : new BadInput({
            code: 'RULE_BROKEN',
            given: `${field} is not as the rule ${rule} asks`,
            allowed: 'what docs/data-dictionary.md says under that name',
            cause,
          });
    case '23502':
      return new BadInput({
        code: 'VALUE_MISSING',
        given: `${field} has no value`,
        allowed: 'a value',
        cause,
      });
    case '22001':
      return new BadInput({
        code: 'VALUE_TOO_LONG',
        given: `A text is longer than its column holds (${message})`,
        fix: 'shorten it',
        cause,
      });
    case '22003':
      return new BadInput({
        code: 'VALUE_TOO_LARGE',
        given: `A number, or a sum of those that are there, is larger than its column holds (${message})`,
        allowed: 'metric values and their sums over a variant’s ads below 100,000,000,000',
        cause,
      });
    case '22P02':
    case '22007':
    case '22008':
    case '22021':
    case '22P05':
      return new BadInput({ code: 'VALUE_UNREADABLE', given: capitalised(message), cause });
    // Somebody else can mend these, so that whoever waits goes on: hence not for good.
    case '42P01':
    case '42703':
    case '42883':
    case '3F000':
      return new Unavailable({
        code: 'SCHEMA_OUTDATED',
        given: `The database's schema is not this version's: ${message}`,
        fix: 'run `screentest db migrate`',
        cause,
      });
    case '42501':
      return new Unavailable({
        code: 'DATABASE_REFUSED',
        given: `The database does not allow it: ${message}${hint === undefined ? '' : ` (${hint})`}`,
        fix: 'connect as a role that may (docs/row-level-security.md)',
        cause,
      });
    default:
      return PASSING.test(state) ? unavailable(message, cause) : undefined;
  }
}

/**
 * Connections lost or not to be had, a server that starts, stops or follows another, no room; and conflicts with other
 * transactions: deadlock, serialization, a lock or a statement that took too long.
 */
const PASSING = /^(08...|53...|57P0.|57014|58...|25006|25P03|40...|55P03)$/;

function unavailable(message: string, cause: Error): Unavailable {
  return new Unavailable({
    code: 'DATABASE_UNAVAILABLE',
    given: `Postgres could not do it now: ${message}`,
    fix: 'try again; `screentest doctor` looks whether it answers',
    cause,
  });
}

/** The constraint, and the field that it is about: names that Postgres made, and ours, begin with the table's. */
function namesIn({ message, ...said }: Answer): { rule: string | undefined; field: string } {
  const rule = /constraint "([^"]+)"/.exec(message)?.[1];
  const column = /column "([^"]+)" of relation "([^"]+)"/.exec(message);
  if (column !== null) return { rule, field: `${column[2]}.${column[1]}` };
  const table = said.table ?? /(?:relation|table) "([^"]+)"/.exec(message)?.[1];
  const named = rule?.replace(/_(key|fkey|check|pkey)\d*$/, '') ?? 'value';
  const field = table !== undefined && named.startsWith(`${table}_`) ? named.slice(table.length + 1) : named;
  return { rule, field: table === undefined ? field : `${table}.${field}` };
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function propertyOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function textIn(value: unknown, name: string): string | undefined {
  const text = propertyOf(value, name);
  return typeof text === 'string' ? text : undefined;
}
