/** A column of a result, as far as its text depends on it. */
export type Column = {
  /** The name in the result, for messages. */
  readonly name: string;
  readonly kind: 'plain' | 'text' | 'binary' | 'decimal' | 'date' | 'time' | 'datetime' | 'timestamp';
};

/** https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset_column_definition.html */
export function readColumn(bytes: Buffer, from: number, to: number): Column {
  // catalog, schema, table, org_table, name, org_name: each below 251 bytes or with two bytes of length.
  let at = from;
  let name = '';
  for (let i = 0; i < 6; i++) {
    const first = bytes[at] ?? 0;
    const size = first === 0xfc ? bytes.readUInt16LE(at + 1) : first;
    const start = at + (first === 0xfc ? 3 : 1);
    if (i >= 4 && size > 0) name = bytes.toString('utf8', start, start + size);
    at = start + size;
  }
  // MariaDB may write more between; what is of fixed length ends the packet.
  const fixed = to - 12;
  return { name, kind: kindOf(bytes[fixed + 6] ?? 0, bytes.readUInt16LE(fixed)) };
}

const binaryCharset = 63;

function kindOf(type: number, charset: number): Column['kind'] {
  switch (type) {
    case 0x00: // decimal
    case 0xf6: // newdecimal
      return 'decimal';
    case 0x07:
      return 'timestamp';
    case 0x0a:
    case 0x0e: // newdate
      return 'date';
    case 0x0b:
      return 'time';
    case 0x0c:
      return 'datetime';
    case 0x0f: // varchar
    case 0xf9: // tiny, medium, long, plain blob
    case 0xfa:
    case 0xfb:
    case 0xfc:
    case 0xfd: // var_string
    case 0xfe: // string
      return charset === binaryCharset ? 'binary' : 'text';
    case 0xf5: // json: its charset says binary
    case 0xf7: // enum
    case 0xf8: // set
      return 'text';
    default:
      return 'plain';
  }
}
