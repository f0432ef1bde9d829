/** Starts PostgreSQL in the folder it is given, says where, and waits to be stopped or killed. */
import { startPostgres } from '../../../local/postgres.ts';

const [dataDirectory = '', binariesDirectory = dataDirectory] = process.argv.slice(2);
const server = await startPostgres({ dataDirectory, binariesDirectory, settings: { fsync: 'off' } });
console.log(JSON.stringify({ pid: server.pid, url: server.url }));
