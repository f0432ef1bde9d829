import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import {
  bindMigrationAwareSqlAdapterFactory,
  ColumnTypeEnum,
  type SqlDriverAdapter,
} from '@prisma/driver-adapter-utils';
import * as wasm from '@prisma/schema-engine-wasm/schema_engine_bg';
import pg from 'pg';
import { findMigrationsFolder, readMigrationFiles } from '../../prisma/migration-files.ts';

const OID_OF_CHAR = 18;
const OID_OF_TEXT = 25;

/** Prisma's own migration engine, on one database. */
export interface SchemaEngine {
  /** SQL that would turn the database into what schema.prisma says; empty when they agree. */
  drift(schema: string): Promise<string>;
  /** Whether Prisma finds every migration applied and unedited, and which are not. */
  diagnose(): Promise<wasm.DiagnoseMigrationHistoryOutput>;
  /** `prisma migrate deploy`. */
  apply(): Promise<string[]>;
  close(): Promise<void>;
}

export async function openSchemaEngine(url: string, schema: string): Promise<SchemaEngine> {
  await loadEngine();
  // A pool for each connection the engine asks for, since patching changes it.
  const pools: pg.Pool[] = [];
  const connect = () => {
    const pool = new pg.Pool({ connectionString: url });
    pools.push(pool);
    return patchedAdapter(pool);
  };
  const factory = bindMigrationAwareSqlAdapterFactory({
    provider: 'postgres',
    adapterName: '@prisma/adapter-pg',
    connect,
    // Nothing asked of the engine here needs a shadow database.
    connectToShadowDb: connect,
  });
  const engine = await wasm.SchemaEngine.new({ datamodels: [['schema.prisma', schema]] }, () => {}, factory);
  const filters = { externalTables: [], externalEnums: [] };
  const migrationsList = await listMigrations();
  return {
    drift: async (content) => {
      const files = [{ path: 'schema.prisma', content }];
      const { exitCode, stdout } = await engine.diff({
        from: { tag: 'schemaDatasource', files, configDir: findMigrationsFolder() },
        to: { tag: 'schemaDatamodel', files },
        script: true,
        exitCode: true,
        filters,
      });
      return exitCode === 0 ? '' : (stdout ?? '');
    },
    diagnose: () =>
      engine.diagnoseMigrationHistory({ migrationsList, optInToShadowDatabase: false, filters }),
    apply: async () => (await engine.applyMigrations({ migrationsList, filters })).appliedMigrationNames,
    close: async () => {
      engine.free();
      for (const pool of pools) await pool.end();
    },
  };
}

/**
 * What adapter-pg lacks for this engine: a script is one query (it would split at every semicolon, in function
 * bodies too), and catalog columns of type "char" are characters (it refuses them).
 */
async function patchedAdapter(pool: pg.Pool): Promise<SqlDriverAdapter> {
  let charColumns = new Set<string>();
  const query = pool.query.bind(pool);
  const patchedPool = Object.assign(pool, {
    query: async (config: pg.QueryArrayConfig) => {
      const result = await query(config);
      const chars = result.fields.filter((field) => field.dataTypeID === OID_OF_CHAR);
      charColumns = new Set(chars.map((field) => field.name));
      for (const field of chars) field.dataTypeID = OID_OF_TEXT;
      return result;
    },
  });
  const adapter = await new PrismaPg(patchedPool).connect();
  const queryRaw = adapter.queryRaw.bind(adapter);
  return Object.assign(adapter, {
    queryRaw: async (...given: Parameters<typeof queryRaw>) => {
      const result = await queryRaw(...given);
      const columnTypes = result.columnTypes.map((type, index) =>
        charColumns.has(result.columnNames[index] ?? '') ? ColumnTypeEnum.Character : type,
      );
      return { ...result, columnTypes };
    },
    executeScript: async (script: string) => {
      await query(script);
    },
  });
}

/** Only the library for browsers declares it. */
declare const WebAssembly: {
  instantiate(
    bytes: Uint8Array,
    imports: object,
  ): Promise<{ instance: { exports: Record<string, unknown> } }>;
};

let loading: Promise<void> | undefined;

/** Node 20 can't import a .wasm file, so it is instantiated by hand. */
function loadEngine(): Promise<void> {
  loading ??= (async () => {
    Object.assign(globalThis, {
      PRISMA_WASM_PANIC_REGISTRY: {
        set_message: (message: string) => {
          throw new Error(message);
        },
      },
    });
    const glue = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg');
    const bytes = await readFile(join(glue, '..', 'schema_engine_bg.wasm'));
    // The engine never clears the 10 s timer of its lock; it must not keep the tests' process alive.
    const waitUnheld = (callback: () => void, ms: number) => setTimeout(callback, ms).unref();
    const imports = Object.fromEntries(
      Object.entries(wasm).map(([name, value]) => [
        name,
        name.startsWith('__wbg_setTimeout_') ? waitUnheld : value,
      ]),
    );
    const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': imports });
    wasm.__wbg_set_wasm(instance.exports);
    const start = instance.exports.__wbindgen_start;
    if (typeof start === 'function') start();
  })();
  return loading;
}

async function listMigrations(): Promise<wasm.MigrationList> {
  const baseDir = findMigrationsFolder();
  const files = await readMigrationFiles(baseDir);
  return {
    baseDir,
    lockfile: {
      path: 'migration_lock.toml',
      content: await readFile(join(baseDir, 'migration_lock.toml'), 'utf8'),
    },
    shadowDbInitScript: '',
    migrationDirectories: files.map((file) => ({
      path: file.name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: file.sql } },
    })),
  };
}
