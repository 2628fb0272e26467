import { must } from '../../../base/must.ts';
import { releaseEmbedded, startEmbedded } from '../embedded/server.ts';

/**
 * A program for tests: `holder <data directory>` holds the server until its standard input ends, then lets go. Prints the
 * server as one line of JSON.
 */
const server = await startEmbedded(must(process.argv[2], 'data directory'));
process.stdout.write(`${JSON.stringify(server)}\n`);
for await (const _ of process.stdin);
await releaseEmbedded(server);
