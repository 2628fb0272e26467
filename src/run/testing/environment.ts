import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { must } from '../../base/must.ts';
import { engineFacts } from '../../engines/facts.ts';
import { connect } from '../../engines/postgres/connection.ts';
import { testServer } from '../../engines/postgres/testing/server.ts';
import { openLedger } from '../../ledger/open.ts';
import type { Container, Datastore } from '../../model/model.ts';
import { makePlan } from '../../plan/make.ts';
import type { Plan } from '../../plan/plan.ts';
import { company, workspace } from '../../plan/testing/company.ts';
import { words } from '../../sql/sql.ts';
import { containersOf } from '../containers.ts';
import { deployPlan } from '../deploy.ts';
import { runOnce, runResident } from '../loop.ts';
import type { MovingOptions } from '../move.ts';
import type { Trial } from '../unit/context.ts';

const int = { type: { kind: 'int', bits: 32 } } as const;
const text = { type: { kind: 'text' }, nullable: true } as const;
export const shop: Datastore = {
  address: 'retail/sales/orders',
  source: 'shop',
  changes: { mode: 'cdc' },
  datasets: {
    a: { key: ['id'], columns: { id: int, v: text } },
    b: { key: ['id'], columns: { id: int, v: text } },
  },
};
export const tables = `create table a (id int primary key, v text); create table b (id int primary key, v text);
  insert into a values (1, 'a0'); insert into b values (1, 'b0')`;

/**
 * An environment on databases of the test's own: what runs there is what the last plan said. `connection`: what its source is called,
 * by which its slot is named, of which a server has one.
 */
export async function environment(connection = 'shop') {
  const server = await testServer();
  const room = await mkdtemp(join(tmpdir(), 'freehold-handover-'));
  const fresh = async (hint: string) => {
    const database = await server.createDatabase(hint);
    const session = await connect(server.access(database), 'test');
    await session.execute(words('set search_path = public'));
    onTestFinished(() => session[Symbol.asyncDispose]());
    return { database, run: (statement: string) => session.execute(words(statement)), session };
  };
  const container = (database: string): Container => ({ engine: 'postgres', fields: fields(database) });
  const fields = (database: string) => {
    const { host, port, user, password } = server.access(database).fields;
    return { host: String(host), port: Number(port), user: String(user), password: String(password), database };
  };
  const [ledgerAt, storeAt] = [await fresh('ledger'), await fresh('store')];
  const ledger = await openLedger(server.access(ledgerAt.database), 'test');
  onTestFinished(async () => {
    await ledger[Symbol.asyncDispose]();
    await rm(room, { recursive: true, force: true });
  });
  /** `stores`: databases by the stores' names; absent: the one that is there. */
  const plan = (
    source: string,
    of: Partial<Datastore> = {},
    more: readonly Datastore[] = [],
    stores: Readonly<Record<string, string>> = { main: storeAt.database },
  ): Plan =>
    must(
      makePlan(
        company({
          datastores: [{ ...shop, source: connection, ...of }, ...more],
          workspaces: [
            workspace(
              {
                g: {
                  history: 'full',
                  latency: '1h',
                  read: [shop, ...more].map(({ address }) => ({ from: `${address}.*` })),
                },
              },
              { readers: [] },
            ),
          ],
          environment: {
            ledger: container(ledgerAt.database),
            connections: { [connection]: container(source) },
            stores: Object.fromEntries(Object.entries(stores).map(([name, database]) => [name, container(database)])),
            replicas: {},
          },
        }),
        'local',
        engineFacts,
        {},
      ).plan,
      'plan',
    );
  const open = (of: Plan) =>
    containersOf(of.containers, { root: room, secrets: (name) => Promise.reject(new Error(`secret ${name}`)) });
  const loop = { clock: systemClock, signal: new AbortController().signal, on: () => undefined };
  return {
    fresh,
    plan,
    store: storeAt,
    deploy: async (of: Plan, options: MovingOptions = {}) => {
      await using containers = open(of);
      return await deployPlan(of, containers, ledger, options);
    },
    /** An apply that is gone as soon as its plan is recorded. */
    cutDeploy: async (of: Plan) => {
      await using containers = open(of);
      const deploy: typeof ledger.deploy = async (...given) => {
        await ledger.deploy(...given);
        throw new Error('cut');
      };
      await deployPlan(of, containers, { ...ledger, deploy });
    },
    leaving: () => ledger.leaving('local'),
    deployed: () => ledger.deployed('local'),
    once: async (of: Plan, trial: Trial = {}) => {
      await using containers = open(of);
      await runOnce(of, containers, ledger, { ...loop, trial });
    },
    resident: async (of: Plan) => {
      await using containers = open(of);
      await runResident(of, containers, ledger, loop);
    },
  };
}
