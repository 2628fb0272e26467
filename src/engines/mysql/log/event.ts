/** Events of the binary log. https://dev.mysql.com/doc/dev/mysql-server/latest/classbinary__log_1_1Log__event__header.html */
export const eventType = {
  query: 2,
  rotate: 4,
  formatDescription: 15,
  xid: 16,
  tableMap: 19,
  writeRows1: 23,
  updateRows1: 24,
  deleteRows1: 25,
  heartbeat: 27,
  writeRows: 30,
  updateRows: 31,
  deleteRows: 32,
  gtid: 33,
  anonymousGtid: 34,
  previousGtids: 35,
  xaPrepare: 38,
  partialUpdateRows: 39,
  transactionPayload: 40,
  heartbeat2: 41,
  gtidTagged: 42,
  mariadbGtid: 162,
  mariadbGtidList: 163,
  mariadbQueryCompressed: 165,
  mariadbWriteRowsCompressed1: 166,
  mariadbUpdateRowsCompressed1: 167,
  mariadbDeleteRowsCompressed1: 168,
  mariadbWriteRowsCompressed: 169,
  mariadbUpdateRowsCompressed: 170,
  mariadbDeleteRowsCompressed: 171,
} as const;

export const headerBytes = 19;
export const checksumBytes = 4;

/** An event of a packet: header at `from`, body from `body` to `end`, without its checksum. */
export type Event = {
  readonly type: number;
  readonly seconds: number;
  readonly size: number;
  /** Where the event ends in its file, the low 32 bits; 0 where it is in no file. */
  readonly logPosition: number;
  readonly isArtificial: boolean;
  readonly bytes: Buffer;
  readonly from: number;
  readonly body: number;
  readonly end: number;
};

/** `from`: the event's first byte in a packet that ends at `to`. */
export function readEvent(bytes: Buffer, from: number, to: number, hasChecksum: boolean): Event {
  return {
    type: bytes[from + 4] ?? 0,
    seconds: bytes.readUInt32LE(from),
    size: bytes.readUInt32LE(from + 9),
    logPosition: bytes.readUInt32LE(from + 13),
    isArtificial: (bytes.readUInt16LE(from + 17) & 0x20) !== 0,
    bytes,
    from,
    body: from + headerBytes,
    end: hasChecksum ? to - checksumBytes : to,
  };
}
