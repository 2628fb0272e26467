import type { ExportedSnapshot, Position } from '../../../engine/capture.ts';
import type { Connection } from '../../../engine/connection.ts';
import type { Access } from '../../../engine/engine.ts';
import { literal, sql } from '../../../sql/sql.ts';

export type Connect = (access: Access, purpose: string) => Promise<Connection>;

/** A slot's own view of the source: valid while the session that made the slot does nothing else. */
export function exported(
  connect: Connect,
  access: Access,
  created: { readonly position: Position; readonly snapshot: string },
  session: AsyncDisposable,
): ExportedSnapshot {
  return {
    position: created.position,
    async connect() {
      const connection = await connect(access, 'freehold snapshot');
      try {
        await connection.execute(sql`begin isolation level repeatable read read only`);
        await connection.execute(sql`set transaction snapshot ${literal(created.snapshot)}`);
        return connection;
      } catch (failure) {
        await connection[Symbol.asyncDispose]();
        throw failure;
      }
    },
    [Symbol.asyncDispose]: async () => session[Symbol.asyncDispose](),
  };
}
