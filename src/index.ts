/** The model language: what model files import from 'freehold'. */
export {
  array,
  binary,
  boolean,
  type Column,
  char,
  date,
  decimal,
  enumOf,
  float32,
  float64,
  int8,
  int16,
  int32,
  int64,
  interval,
  json,
  text,
  time,
  timestamp,
  timestamptz,
  uuid,
  varchar,
} from './language/column.ts';
export {
  approved,
  type Classify,
  cdc,
  type DatastoreBody,
  datastore,
  fromSchema,
  output,
  type SchemaFile,
  type SchemaOverlay,
  snapshot,
  type Table,
  type TableBody,
  table,
  watermark,
} from './language/datastore.ts';
export {
  type ContainerNoun,
  duckdb,
  type EnvironmentBody,
  environment,
  larger,
  otherwise,
  postgres,
  secret,
} from './language/environment.ts';
export { type MeshBody, mesh, type TeamBody, type ZoneBody, zone } from './language/mesh.ts';
export type { Day, DeprecationBody, Duration, MemberName, Noun, ObjectName } from './language/noun.ts';
export { approvers, github, type User, user } from './language/owners.ts';
export {
  all,
  any,
  classified,
  encrypted,
  engines,
  from,
  grade,
  named,
  not,
  production,
  readableBy,
  retain,
  vendors,
  when,
  within,
} from './language/policy.ts';
export { consent, declassification, offer } from './language/statements.ts';
export { image, sql, type TransformerBody, transformer } from './language/transformer.ts';
export {
  type GroupBody,
  type GroupNoun,
  group,
  type ReferenceText,
  type WorkspaceBody,
  workspace,
} from './language/workspace.ts';
export type {
  Code,
  Consent,
  Declassification,
  Grant,
  Label,
  MaskKind,
  Offer,
  Policy,
  Predicate,
  Priority,
  Reference,
  Route,
  SecretName,
  Signer,
  Tombstone,
} from './model/model.ts';
export type { Owner } from './model/owner.ts';
