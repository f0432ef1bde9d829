import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { toolsDirectory } from '../../local/data-folder.ts';
import { installedWheel, installWheel } from '../../local/wheel.ts';

/** The smallest wheel with a whole ffmpeg in it: 29 MB. */
const WHEEL = { name: 'imageio-ffmpeg', version: '0.6.0', file: 'none' } as const;

/** The path of a real ffmpeg, which pip brings. */
export async function findFfmpeg(): Promise<string> {
  const tools = await toolsDirectory();
  const binaries = join(dirname(dirname(installedWheel(tools, WHEEL))), 'imageio_ffmpeg', 'binaries');
  const found = () => readdir(binaries).then((names) => names.find((name) => name.startsWith('ffmpeg')));
  const name = await found().catch(() => installWheel(tools, WHEEL, process.env).then(found));
  if (name === undefined) throw new Error(`no ffmpeg in ${binaries}`);
  return join(binaries, name);
}
