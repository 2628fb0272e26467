import type { Container } from '../model/model.ts';

/** What says which database a container is, as a person names it: `postgres db.example:5432/shop`. A password moves nothing. */
export function placeText({ engine, fields }: Container): string {
  const { host, port, database, file, embedded } = fields;
  const server = embedded === true ? 'embedded' : [host, port].flatMap((field) => part(field)).join(':');
  const where = [...(server === '' ? [] : [server]), ...part(database), ...part(file)].join('/');
  return `${engine} ${where}`.trim();
}

function part(field: Container['fields'][string] | undefined): readonly string[] {
  if (field === undefined) return [];
  return [typeof field === 'object' ? `secret '${field.secret}'` : String(field)];
}
