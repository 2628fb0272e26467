/** What the server answers instead of what was asked. Same members as the driver's failures. */
export type WireFailure = { readonly errno: number; readonly code: string; readonly message: string };

/** https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_err_packet.html */
export function readFailure(bytes: Buffer, from: number, to: number): WireFailure {
  const errno = bytes.readUInt16LE(from + 1);
  // A sign and five characters of SQLSTATE, but for the first packets of a session.
  const text = bytes[from + 3] === 0x23 ? from + 9 : from + 3;
  return { errno, code: `ER_${errno}`, message: bytes.toString('utf8', text, to) };
}
