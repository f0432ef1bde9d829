/** Starts a Temporal dev server, says where, and waits to be stopped or killed. */
import { join } from 'node:path';
import { startTemporalServer } from '../../../local/temporal-server.ts';

const [cli = '', folder = ''] = process.argv.slice(2);
const server = await startTemporalServer({ cli, logFile: join(folder, 'temporal.log') });
console.log(JSON.stringify({ pid: server.pid, address: server.address }));
