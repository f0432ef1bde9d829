/** Opens the data folder of its environment, says so, and waits to be stopped or killed. */
import { openDataFolder } from '../../../local/data-folder.ts';

const { path } = await openDataFolder();
console.log(JSON.stringify({ path }));
setInterval(() => undefined, 60_000);
