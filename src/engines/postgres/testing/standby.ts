import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { words } from '../../../sql/sql.ts';
import { connect } from '../connection.ts';
import type { OwnServer } from './own.ts';

/** A standby of a running server, which follows it through a slot of this name; it is stopped once for being copied. */
export async function standbyOf(primary: OwnServer, name = 'standby'): Promise<OwnServer> {
  {
    await using c = await connect(primary.reached().access('postgres'), 'test');
    await c.execute(words(`select pg_create_physical_replication_slot('${name}', true)`));
  }
  const { user, password } = primary.running();
  await primary.stop();
  const standby = await primary.copy();
  await primary.start();
  await writeFile(join(standby.data, 'standby.signal'), '');
  await appendFile(
    join(standby.data, 'postgresql.auto.conf'),
    `\nprimary_conninfo = 'host=127.0.0.1 port=${primary.running().port} user=${user} password=${password} dbname=postgres application_name=${name}'
primary_slot_name = '${name}'\n`,
  );
  await standby.start();
  return standby;
}
