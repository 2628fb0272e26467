import type { Connection } from '../engine/connection.ts';
import type { Finding } from '../findings/finding.ts';
import { finding } from '../findings/make.ts';

/** Has the store a standby to wait for? */
export async function standbyFindings(connection: Connection, store: string): Promise<readonly Finding[]> {
  const { standing } = connection.dialect;
  const [found] = standing === null ? [] : await connection.query(standing);
  if (typeof found?.flushed !== 'string')
    return [
      finding({
        rule: 'store-standby',
        address: null,
        message: `${store} is to be as safe as its standby, and no standby follows its server that its user can see. Its sources would have to keep their logs until their disks are full.`,
        help: "Start the standby; the store's user needs  grant pg_monitor  to see it. Or say another  durability  of the store.",
      }),
    ];
  if (found.is_named === true) return [];
  return [
    finding({
      rule: 'store-standby',
      address: null,
      severity: 'warning',
      message: `the server of ${store} does not say which of its standbys may take over (synchronous_standby_names is empty). The slowest that is connected is waited for; one that is away is not.`,
      help: 'Let a standby that is away never take over, or name those that may in  synchronous_standby_names  of the server.',
    }),
  ];
}
