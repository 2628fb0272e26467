import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../src/engines/postgres/connection.ts';
import { dataset, run } from '../../src/flow/testing/fixture.ts';
import type { StreamDataset } from '../../src/plan/plan.ts';
import { render } from '../../src/sql/render.ts';
import type { Server } from './server.ts';

type Layout = 'live' | 'split';

/** The eight tables of TPC-H; `scale` 1 is 8.66M rows. https://www.tpc.org/tpch/ */
const tables: readonly { readonly name: string; readonly key: readonly string[]; readonly columns: string }[] = [
  { name: 'region', key: ['r_regionkey'], columns: 'r_regionkey int32, r_name varchar(25), r_comment varchar(152)?' },
  {
    name: 'nation',
    key: ['n_nationkey'],
    columns: 'n_nationkey int32, n_name varchar(25), n_regionkey int32, n_comment varchar(152)?',
  },
  {
    name: 'supplier',
    key: ['s_suppkey'],
    columns: `s_suppkey int64, s_name varchar(25), s_address varchar(40), s_nationkey int32, s_phone varchar(15),
      s_acctbal decimal(15:2), s_comment varchar(101)`,
  },
  {
    name: 'customer',
    key: ['c_custkey'],
    columns: `c_custkey int64, c_name varchar(25), c_address varchar(40), c_nationkey int32, c_phone varchar(15),
      c_acctbal decimal(15:2), c_mktsegment varchar(10), c_comment varchar(117)`,
  },
  {
    name: 'part',
    key: ['p_partkey'],
    columns: `p_partkey int64, p_name varchar(55), p_mfgr varchar(25), p_brand varchar(10), p_type varchar(25), p_size int32,
      p_container varchar(10), p_retailprice decimal(15:2), p_comment varchar(23)`,
  },
  {
    name: 'partsupp',
    key: ['ps_partkey', 'ps_suppkey'],
    columns: `ps_partkey int64, ps_suppkey int64, ps_availqty int64, ps_supplycost decimal(15:2), ps_comment varchar(199)`,
  },
  {
    name: 'orders',
    key: ['o_orderkey'],
    columns: `o_orderkey int64, o_custkey int64, o_orderstatus varchar(1), o_totalprice decimal(15:2), o_orderdate date,
      o_orderpriority varchar(15), o_clerk varchar(15), o_shippriority int32, o_comment varchar(79)`,
  },
  {
    name: 'lineitem',
    key: ['l_orderkey', 'l_linenumber'],
    columns: `l_orderkey int64, l_partkey int64, l_suppkey int64, l_linenumber int64, l_quantity decimal(15:2),
      l_extendedprice decimal(15:2), l_discount decimal(15:2), l_tax decimal(15:2), l_returnflag varchar(1),
      l_linestatus varchar(1), l_shipdate date, l_commitdate date, l_receiptdate date, l_shipinstruct varchar(25),
      l_shipmode varchar(10), l_comment varchar(44)`,
  },
];

export function tpchDatasets(layout: Layout): readonly StreamDataset[] {
  return tables.map((table) => {
    const columns = table.columns.split(',').map((column) => column.trim().replace(':', ',').split(/\s+/, 2));
    const types = Object.fromEntries(columns.map(([column = '', type = '']) => [column, type]));
    return dataset(table.name, table.key, types, { layout, keepsDelta: false });
  });
}

/** Makes the tables in a database, filled by DuckDB's generator, with keys and statistics; how many rows they have. */
export async function createTpch(server: Server, database: string, scale: number): Promise<number> {
  const room = await mkdtemp(join(tmpdir(), 'freehold-tpch-'));
  try {
    const { DuckDBInstance } = await import('duckdb-tpch');
    const duckdb = await (await DuckDBInstance.create(':memory:')).connect();
    await duckdb.run(`call dbgen(sf = ${scale})`);
    let rows = 0;
    await using c = await connect(server.access(database), 'bench');
    for (const { name, key, columns } of tpchDatasets('live')) {
      const file = join(room, `${name}.csv`);
      await duckdb.run(`copy ${name} to '${file}' (format csv, header false)`);
      const definitions = columns.map((column) => {
        const type = render(c.types.physical(column.type), c.dialect).text;
        return `${column.name} ${type}${column.nullable ? '' : ' not null'}`;
      });
      await run(c, `create table public.${name} (${definitions.join(', ')})`);
      const read = createReadStream(file);
      rows += await c.copyIn(
        ['public', name],
        columns.map((column) => column.name),
        read,
        'csv',
      );
      await rm(file);
      await run(c, `alter table public.${name} add primary key (${key.join(', ')})`);
    }
    await run(c, 'vacuum analyze');
    return rows;
  } finally {
    await rm(room, { recursive: true, force: true });
  }
}
