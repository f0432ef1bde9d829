import { createLocalStore } from './local-store.ts';
import type { VideoStore } from './video-store.ts';

/** The settings that say where videos are kept; config/environment.ts sees to it that they name one store. */
export interface StorageSettings {
  readonly SCREENTEST_STORAGE_DIR?: string | undefined;
  readonly SCREENTEST_STORAGE_S3_BUCKET?: string | undefined;
  readonly SCREENTEST_STORAGE_S3_ENDPOINT?: string | undefined;
  readonly SCREENTEST_STORAGE_S3_REGION: string;
  readonly SCREENTEST_STORAGE_S3_PREFIX: string;
  readonly SCREENTEST_STORAGE_S3_PATH_STYLE: boolean;
}

/** The S3 client is loaded only where it is used: it takes a third of a second. */
export async function chooseStore(settings: StorageSettings): Promise<VideoStore> {
  const { SCREENTEST_STORAGE_DIR: folder, SCREENTEST_STORAGE_S3_BUCKET: bucket } = settings;
  if (folder !== undefined) return createLocalStore(folder);
  if (bucket === undefined) throw new TypeError('no store is named');
  // The client's version is pinned and runs on every Node.js that we support: its notice of a later one helps nobody.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const { createS3Store } = await import('./s3-store.ts');
  return createS3Store({
    bucket,
    endpoint: settings.SCREENTEST_STORAGE_S3_ENDPOINT,
    region: settings.SCREENTEST_STORAGE_S3_REGION,
    prefix: settings.SCREENTEST_STORAGE_S3_PREFIX,
    pathStyle: settings.SCREENTEST_STORAGE_S3_PATH_STYLE,
  });
}
