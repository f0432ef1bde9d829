import pg from 'pg';
import type { Rig } from '../../support/rig.ts';

/** A copy of a rig's database at this moment, as a backup holds it. */
export interface Backup {
  /** Of the copy. */
  readonly url: string;
  /** The database is gone, and a new one of its name has what the copy has. */
  restore(): Promise<void>;
  remove(): Promise<void>;
}

export async function backUp({ environment }: Rig): Promise<Backup> {
  const url = new URL(environment.DATABASE_URL ?? '');
  const name = url.pathname.slice(1);
  const copy = `${name}_copy_${Math.random().toString(36).slice(2, 10)}`;
  await asAdmin(url, (admin) => copyDatabase(admin, name, copy));
  const copyUrl = new URL(url);
  copyUrl.pathname = `/${copy}`;
  return {
    url: copyUrl.href,
    restore: () =>
      asAdmin(url, async (admin) => {
        await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
        await copyDatabase(admin, copy, name);
      }),
    remove: () =>
      asAdmin(url, async (admin) => {
        await admin.query(`DROP DATABASE IF EXISTS ${copy} WITH (FORCE)`);
      }),
  };
}

/** Postgres copies no database that somebody is connected to: everybody is shut out for the moment that it takes. */
async function copyDatabase(admin: pg.Client, from: string, to: string): Promise<void> {
  await admin.query(`ALTER DATABASE ${from} WITH ALLOW_CONNECTIONS false`);
  try {
    await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [from]);
    for (let attempt = 1; ; attempt++) {
      try {
        await admin.query(`CREATE DATABASE ${to} TEMPLATE ${from}`);
        break;
      } catch (error) {
        if (attempt === 20) throw error;
      }
    }
  } finally {
    await admin.query(`ALTER DATABASE ${from} WITH ALLOW_CONNECTIONS true`);
  }
}

async function asAdmin<T>(url: URL, work: (admin: pg.Client) => Promise<T>): Promise<T> {
  const server = new URL(url);
  server.pathname = '/postgres';
  const admin = new pg.Client({ connectionString: server.href });
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}
