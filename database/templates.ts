import { templateRows } from '../planning/template-rows.ts';
import type { Database } from './client.ts';

/** Makes the rows of `use_case_templates` what the library says. Other codes are left alone. */
export async function writeTemplates(database: Database): Promise<void> {
  const rows = templateRows().map(({ code, name, description, skeleton, mutations }) => ({
    code,
    name,
    description,
    promptSkeleton: skeleton,
    defaultMutations: mutations,
  }));
  await database.$transaction(
    rows.map((row) =>
      database.useCaseTemplate.upsert({ where: { code: row.code }, create: row, update: row }),
    ),
  );
}
