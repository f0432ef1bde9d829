import { NotFound } from '../domain/errors.ts';
import type { Queries } from './client.ts';

/** Who acts is an e-mail address; this is its id in `auth.users`, made when it is new. */
export async function findOrCreateUser(queries: Queries, email: string): Promise<string> {
  const known = await findUser(queries, email);
  if (known !== undefined) return known;
  await queries.$executeRaw`INSERT INTO auth.users (email) VALUES (${email}) ON CONFLICT DO NOTHING`;
  const made = await findUser(queries, email);
  if (made === undefined) throw new TypeError(`no user for ${email} after it was written`);
  return made;
}

async function findUser(queries: Queries, email: string): Promise<string | undefined> {
  const rows = await queries.$queryRaw<{ id: string }[]>`
    SELECT id FROM auth.users WHERE lower(email) = lower(${email}) LIMIT 1`;
  return rows[0]?.id;
}

/** @throws NotFound with the names that exist, unless a missing venture is to be made. */
export async function findVenture(
  queries: Queries,
  name: string,
  make: { missing: boolean; by: string },
): Promise<string> {
  const known = await ventureByName(queries, name);
  if (known !== undefined) return known;
  if (!make.missing) {
    const ventures = await queries.venture.findMany({
      select: { name: true },
      orderBy: { name: 'asc' },
      take: 20,
    });
    throw new NotFound({
      code: 'VENTURE_UNKNOWN',
      given: `There is no venture "${name}"`,
      allowed: ventures.length === 0 ? 'none exists yet' : ventures.map((venture) => venture.name).join(', '),
      fix: 'correct the name, or add --create-venture',
    });
  }
  const createdBy = await findOrCreateUser(queries, make.by);
  await queries.$executeRaw`
    INSERT INTO ventures (name, created_by) VALUES (${name}, ${createdBy}::uuid) ON CONFLICT DO NOTHING`;
  const made = await ventureByName(queries, name);
  if (made === undefined) throw new TypeError(`no venture ${name} after it was written`);
  await queries.ventureMember.createMany({
    data: [{ ventureId: made, userId: createdBy, role: 'owner', createdBy }],
    skipDuplicates: true,
  });
  return made;
}

/** Whatever the case of its letters; undefined where there is none. */
export async function ventureByName(queries: Queries, name: string): Promise<string | undefined> {
  const rows = await queries.$queryRaw<{ id: string }[]>`
    SELECT id FROM ventures WHERE lower(name) = lower(${name}) LIMIT 1`;
  return rows[0]?.id;
}
