/** Bundles the workflows at build time: the worker runs what was built and tested, or refuses to start. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const target = join(root, 'dist', 'workflows', 'bundle.js');

const { code } = await bundleWorkflowCode({
  workflowsPath: join(root, 'workflows', 'index.ts'),
  payloadConverterPath: join(root, 'temporal', 'payload-converter.ts'),
  logger: new DefaultLogger('WARN'),
});
await mkdir(dirname(target), { recursive: true });
await writeFile(target, code);
