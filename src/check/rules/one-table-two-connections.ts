import { must } from '../../base/must.ts';
import { defaultSchemaOf } from '../../engine/facts.ts';
import { memberAddress } from '../../model/address.ts';
import { own, sourceTable } from '../../model/effective.ts';
import type { Container } from '../../model/model.ts';
import { physicalNameText } from '../../model/physical.ts';
import { databaseOf } from '../identity.ts';
import type { Ask, Rule } from '../rule.ts';
import { environmentSpot, spotOf } from '../spots.ts';

/** A source table has one owner also where its database has two names: two connections to it do not make it two tables. */
export const oneTableTwoConnections: Rule = {
  name: 'one-table-two-connections',
  judges: {
    *environment({ name, connections }, ask) {
      const byDatabase = new Map<string, string[]>();
      for (const [connection, container] of Object.entries(connections)) {
        const database = databaseOf(container, ask.facts);
        if (database !== null) byDatabase.set(database, [...(byDatabase.get(database) ?? []), connection]);
      }
      for (const names of byDatabase.values()) {
        if (names.length < 2) continue;
        const first = new Map<string, Reading>();
        for (const reading of names.flatMap((one) => readingsOf(one, must(connections[one], one), ask))) {
          const other = first.get(reading.table);
          if (other === undefined) first.set(reading.table, reading);
          // Two that read it by one connection are found by duplicate-source-table.
          else if (other.connection !== reading.connection)
            yield {
              message: `connections '${other.connection}' and '${reading.connection}' of environment '${name}' are one database, and datasets '${other.dataset}' and '${reading.dataset}' read its table '${reading.table}': a source table has one owner.`,
              help: 'Keep one of the two datasets, and let groups read that one.',
              at: environmentSpot(name, 'connections', reading.connection),
              related: [
                { message: `dataset '${other.dataset}'`, at: spotOf(other.dataset) },
                { message: `dataset '${reading.dataset}'`, at: spotOf(reading.dataset) },
              ],
            };
        }
      }
    },
  },
};

type Reading = { readonly connection: string; readonly table: string; readonly dataset: string };

function readingsOf(connection: string, { engine, fields }: Container, ask: Ask): readonly Reading[] {
  const schema = defaultSchemaOf(own(ask.facts, engine) ?? {}, fields);
  return ask.found('connection', connection).flatMap((address) =>
    Object.entries(ask.object('datastore', address)?.datasets ?? {}).map(([name, dataset]) => {
      const table = sourceTable(name, dataset);
      const whole = physicalNameText({ ...table, schema: table.schema ?? schema });
      return { connection, table: whole, dataset: memberAddress(address, name) };
    }),
  );
}
