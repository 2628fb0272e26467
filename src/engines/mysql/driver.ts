import { EngineError } from '../../engine/connection.ts';

/** Loads the driver when it is first needed: it is an optional peer. */
export async function loadDriver(): Promise<typeof import('mysql2')> {
  try {
    return (await import('mysql2')).default;
  } catch (failure) {
    throw new EngineError(
      'driver-absent',
      'the driver of MySQL and MariaDB is not installed. Run  npm install mysql2  and try again.',
      { cause: failure },
    );
  }
}
