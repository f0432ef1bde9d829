import { defineConfig } from 'prisma/config';

const url = process.env.DATABASE_URL;

/**
 * For Prisma's own tools. The three external tables may have been there before us (a Supabase database has
 * them), so Prisma leaves their shape alone.
 */
export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  // Generating the client needs no database.
  ...(url === undefined ? {} : { datasource: { url } }),
  experimental: { externalTables: true },
  tables: { external: ['auth.users', 'public.ventures', 'public.video_prompts'] },
});
