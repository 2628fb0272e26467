import type { Rule, WholeRule } from './rule.ts';
import { appendOnlyWithKey } from './rules/append-only-with-key.ts';
import { badDuration } from './rules/bad-duration.ts';
import { badSourceName } from './rules/bad-source-name.ts';
import { beyondGrant } from './rules/beyond-grant.ts';
import { clearanceTooLow } from './rules/clearance-too-low.ts';
import { containerFields } from './rules/container-fields.ts';
import { contractNotExecuted } from './rules/contract-not-executed.ts';
import { duplicateSourceTable } from './rules/duplicate-source-table.ts';
import { keylessDataset } from './rules/keyless-dataset.ts';
import { nameCollision } from './rules/name-collision.ts';
import { nameTooLong } from './rules/name-too-long.ts';
import { notApproved } from './rules/not-approved.ts';
import { nothingInside } from './rules/nothing-inside.ts';
import { nullableKeyColumn } from './rules/nullable-key-column.ts';
import { outsideRegion } from './rules/outside-region.ts';
import { productionOnTestGrade } from './rules/production-on-test-grade.ts';
import { productionReadsNonproduction } from './rules/production-reads-nonproduction.ts';
import { reservedName } from './rules/reserved-name.ts';
import { retentionBelowMinimum } from './rules/retention-below-minimum.ts';
import { retentionWithoutHistory } from './rules/retention-without-history.ts';
import { stricterThanPromise } from './rules/stricter-than-promise.ts';
import { unknownColumn } from './rules/unknown-column.ts';
import { unknownConnection } from './rules/unknown-connection.ts';
import { unknownConsumer } from './rules/unknown-consumer.ts';
import { unknownDataset } from './rules/unknown-dataset.ts';
import { unknownEngine } from './rules/unknown-engine.ts';
import { unknownKeyColumn } from './rules/unknown-key-column.ts';
import { unknownLevel } from './rules/unknown-level.ts';
import { unknownLocation } from './rules/unknown-location.ts';
import { unknownRegulator } from './rules/unknown-regulator.ts';
import { unknownStore } from './rules/unknown-store.ts';
import { unknownTeam } from './rules/unknown-team.ts';
import { unknownZone } from './rules/unknown-zone.ts';
import { unlistedEnvironment } from './rules/unlisted-environment.ts';
import { unsupportedCapture } from './rules/unsupported-capture.ts';
import { unsupportedType } from './rules/unsupported-type.ts';
import { watermarkColumn } from './rules/watermark-column.ts';

/** Every rule that judges object by object, by name. */
export const rules: readonly Rule[] = [contractNotExecuted];

/** Those that still look at the whole model at once. */
export const wholeRules: readonly WholeRule[] = [
  appendOnlyWithKey,
  badDuration,
  badSourceName,
  beyondGrant,
  clearanceTooLow,
  containerFields,
  duplicateSourceTable,
  keylessDataset,
  nameCollision,
  nameTooLong,
  notApproved,
  nothingInside,
  nullableKeyColumn,
  outsideRegion,
  productionOnTestGrade,
  productionReadsNonproduction,
  reservedName,
  retentionBelowMinimum,
  retentionWithoutHistory,
  stricterThanPromise,
  unknownColumn,
  unknownConnection,
  unknownConsumer,
  unknownDataset,
  unknownEngine,
  unknownKeyColumn,
  unknownLevel,
  unknownLocation,
  unknownRegulator,
  unknownStore,
  unknownTeam,
  unknownZone,
  unlistedEnvironment,
  unsupportedCapture,
  unsupportedType,
  watermarkColumn,
];
