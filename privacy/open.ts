import { readDatabaseSettings, readStorageSettings, readWorkerSettings } from '../config/environment.ts';
import { checkDatabase, createDatabase } from '../database/client.ts';
import { chooseProvider } from '../providers/choose-provider.ts';
import { chooseStore } from '../storage/choose-store.ts';
import { connectTemporalClient, readTemporalSettings } from '../temporal/connection.ts';
import type { ErasureParts } from './erase-user.ts';
import type { VideoApi } from './provider-copies.ts';

/**
 * Runs `use` with what the environment names: the database, the video store, Temporal, and the video API where one is
 * configured. Closes its connections whatever happens.
 * @throws BadInput for settings; Unavailable when one of them does not answer: who is erased is erased everywhere
 */
export async function withErasureParts<Result>(
  environment: NodeJS.ProcessEnv,
  tell: (line: string) => void,
  use: (parts: ErasureParts) => Promise<Result>,
): Promise<Result> {
  const { DATABASE_URL } = readDatabaseSettings(environment);
  const store = await chooseStore(readStorageSettings(environment));
  const videoApi = await videoApiOf(environment);
  const database = createDatabase(DATABASE_URL);
  try {
    await checkDatabase(database, DATABASE_URL);
    await store.examine();
    const temporal = await connectTemporalClient(readTemporalSettings(environment));
    try {
      return await use({ database, store, temporal, videoApi, tell });
    } finally {
      await temporal.connection.close();
    }
  } finally {
    await database.$disconnect();
  }
}

/** Undefined where the environment says nothing of one: the command may run where no worker does. */
async function videoApiOf(environment: NodeJS.ProcessEnv): Promise<VideoApi | undefined> {
  const { VIDEO_PROVIDER, VIDEO_API_KEY } = environment;
  if (!VIDEO_PROVIDER && !VIDEO_API_KEY) return undefined;
  const settings = readWorkerSettings(environment);
  return { provider: await chooseProvider(settings), account: settings.VIDEO_API_ACCOUNT };
}
