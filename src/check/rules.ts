import type { Rule } from './rule.ts';
import { appendOnlyWithKey } from './rules/append-only-with-key.ts';
import { badDefault } from './rules/bad-default.ts';
import { badDuration } from './rules/bad-duration.ts';
import { badReader } from './rules/bad-reader.ts';
import { badShare } from './rules/bad-share.ts';
import { badSize } from './rules/bad-size.ts';
import { badSourceName } from './rules/bad-source-name.ts';
import { badTag } from './rules/bad-tag.ts';
import { badVersion } from './rules/bad-version.ts';
import { beyondGrant } from './rules/beyond-grant.ts';
import { clearanceTooLow } from './rules/clearance-too-low.ts';
import { containerFields } from './rules/container-fields.ts';
import { contractNotExecuted } from './rules/contract-not-executed.ts';
import { contradictoryPolicy } from './rules/contradictory-policy.ts';
import { credentialInText } from './rules/credential-in-text.ts';
import { crossZoneRead } from './rules/cross-zone-read.ts';
import { datasetReadTwice } from './rules/dataset-read-twice.ts';
import { datasetWithoutQuery } from './rules/dataset-without-query.ts';
import { duplicateOutput } from './rules/duplicate-output.ts';
import { duplicateSourceTable } from './rules/duplicate-source-table.ts';
import { duplicateWord } from './rules/duplicate-word.ts';
import { durabilityWithoutEffect } from './rules/durability-without-effect.ts';
import { emptyRegulator } from './rules/empty-regulator.ts';
import { emptyTextIsNull } from './rules/empty-text-is-null.ts';
import { enumValues } from './rules/enum-values.ts';
import { environmentsShareDatabase } from './rules/environments-share-database.ts';
import { expiredDeclassification } from './rules/expired-declassification.ts';
import { expiredOffer } from './rules/expired-offer.ts';
import { foreignConnection } from './rules/foreign-connection.ts';
import { foreignOutput } from './rules/foreign-output.ts';
import { hiddenCharacter } from './rules/hidden-character.ts';
import { keyCollation } from './rules/key-collation.ts';
import { keylessDataset } from './rules/keyless-dataset.ts';
import { layoutWithoutEffect } from './rules/layout-without-effect.ts';
import { maskWithoutColumn } from './rules/mask-without-column.ts';
import { mixedScript } from './rules/mixed-script.ts';
import { nameCollision } from './rules/name-collision.ts';
import { nameTaken } from './rules/name-taken.ts';
import { nameTooLong } from './rules/name-too-long.ts';
import { needlessAcknowledgement } from './rules/needless-acknowledgement.ts';
import { needlessCheck } from './rules/needless-check.ts';
import { notAcknowledged } from './rules/not-acknowledged.ts';
import { notAnOrigin } from './rules/not-an-origin.ts';
import { notApproved } from './rules/not-approved.ts';
import { nothingInside } from './rules/nothing-inside.ts';
import { nullableKeyColumn } from './rules/nullable-key-column.ts';
import { offerDestination } from './rules/offer-destination.ts';
import { offeredTwice } from './rules/offered-twice.ts';
import { oneTableTwoConnections } from './rules/one-table-two-connections.ts';
import { outsideRegion } from './rules/outside-region.ts';
import { pastRemoval } from './rules/past-removal.ts';
import { policyViolation } from './rules/policy-violation.ts';
import { productionOnTestGrade } from './rules/production-on-test-grade.ts';
import { productionReadsNonproduction } from './rules/production-reads-nonproduction.ts';
import { promiseBeyondInputs } from './rules/promise-beyond-inputs.ts';
import { recoveryOutOfReach } from './rules/recovery-out-of-reach.ts';
import { repositoryNames } from './rules/repository-names.ts';
import { reservedName } from './rules/reserved-name.ts';
import { retentionBelowMinimum } from './rules/retention-below-minimum.ts';
import { retentionWithoutHistory } from './rules/retention-without-history.ts';
import { sameDatabase } from './rules/same-database.ts';
import { sharedSecret } from './rules/shared-secret.ts';
import { staleDeclassification } from './rules/stale-declassification.ts';
import { staleOffer } from './rules/stale-offer.ts';
import { stricterThanPromise } from './rules/stricter-than-promise.ts';
import { teamsWithoutEffect } from './rules/teams-without-effect.ts';
import { tooManyColumns } from './rules/too-many-columns.ts';
import { transformerCycle } from './rules/transformer-cycle.ts';
import { transformerWithoutOutput } from './rules/transformer-without-output.ts';
import { unclassifiedColumn } from './rules/unclassified-column.ts';
import { unfitCheck } from './rules/unfit-check.ts';
import { unfitCondition } from './rules/unfit-condition.ts';
import { unfitKeyType } from './rules/unfit-key-type.ts';
import { unfitOtherwise } from './rules/unfit-otherwise.ts';
import { unfitQuery } from './rules/unfit-query.ts';
import { unknownCheckColumn } from './rules/unknown-check-column.ts';
import { unknownColumn } from './rules/unknown-column.ts';
import { unknownConnection } from './rules/unknown-connection.ts';
import { unknownConsumer } from './rules/unknown-consumer.ts';
import { unknownDataset } from './rules/unknown-dataset.ts';
import { unknownDeclassified } from './rules/unknown-declassified.ts';
import { unknownEngine } from './rules/unknown-engine.ts';
import { unknownKeyColumn } from './rules/unknown-key-column.ts';
import { unknownLevel } from './rules/unknown-level.ts';
import { unknownLocation } from './rules/unknown-location.ts';
import { unknownOffered } from './rules/unknown-offered.ts';
import { unknownOutput } from './rules/unknown-output.ts';
import { unknownPolicyWord } from './rules/unknown-policy-word.ts';
import { unknownRegulator } from './rules/unknown-regulator.ts';
import { unknownReplacement } from './rules/unknown-replacement.ts';
import { unknownStore } from './rules/unknown-store.ts';
import { unknownTeam } from './rules/unknown-team.ts';
import { unknownTerm } from './rules/unknown-term.ts';
import { unknownTransformer } from './rules/unknown-transformer.ts';
import { unknownZone } from './rules/unknown-zone.ts';
import { unlikeAlias } from './rules/unlike-alias.ts';
import { unlistedEnvironment } from './rules/unlisted-environment.ts';
import { unreachableRoute } from './rules/unreachable-route.ts';
import { unsafePattern } from './rules/unsafe-pattern.ts';
import { unsupportedCapture } from './rules/unsupported-capture.ts';
import { unsupportedType } from './rules/unsupported-type.ts';
import { unusableSigner } from './rules/unusable-signer.ts';
import { watermarkColumn } from './rules/watermark-column.ts';

/** Every rule, by name. */
export const rules: readonly Rule[] = [
  appendOnlyWithKey,
  badDefault,
  badDuration,
  badReader,
  badShare,
  badSize,
  badSourceName,
  badTag,
  badVersion,
  beyondGrant,
  clearanceTooLow,
  containerFields,
  contractNotExecuted,
  contradictoryPolicy,
  credentialInText,
  crossZoneRead,
  datasetReadTwice,
  datasetWithoutQuery,
  duplicateOutput,
  duplicateSourceTable,
  duplicateWord,
  durabilityWithoutEffect,
  layoutWithoutEffect,
  emptyRegulator,
  emptyTextIsNull,
  enumValues,
  environmentsShareDatabase,
  expiredDeclassification,
  expiredOffer,
  foreignConnection,
  foreignOutput,
  hiddenCharacter,
  keyCollation,
  keylessDataset,
  maskWithoutColumn,
  mixedScript,
  nameCollision,
  nameTaken,
  nameTooLong,
  needlessAcknowledgement,
  needlessCheck,
  notAcknowledged,
  notAnOrigin,
  notApproved,
  nothingInside,
  nullableKeyColumn,
  offerDestination,
  offeredTwice,
  oneTableTwoConnections,
  outsideRegion,
  pastRemoval,
  policyViolation,
  productionOnTestGrade,
  productionReadsNonproduction,
  promiseBeyondInputs,
  recoveryOutOfReach,
  repositoryNames,
  reservedName,
  retentionBelowMinimum,
  retentionWithoutHistory,
  sameDatabase,
  sharedSecret,
  staleDeclassification,
  staleOffer,
  stricterThanPromise,
  teamsWithoutEffect,
  tooManyColumns,
  transformerCycle,
  transformerWithoutOutput,
  unclassifiedColumn,
  unfitCheck,
  unfitCondition,
  unfitKeyType,
  unfitOtherwise,
  unfitQuery,
  unknownCheckColumn,
  unknownColumn,
  unknownConnection,
  unknownConsumer,
  unknownDataset,
  unknownDeclassified,
  unknownEngine,
  unknownKeyColumn,
  unknownLevel,
  unknownLocation,
  unknownOffered,
  unknownOutput,
  unknownPolicyWord,
  unknownRegulator,
  unknownReplacement,
  unknownStore,
  unknownTeam,
  unknownTerm,
  unknownTransformer,
  unknownZone,
  unlikeAlias,
  unlistedEnvironment,
  unreachableRoute,
  unsafePattern,
  unsupportedCapture,
  unsupportedType,
  unusableSigner,
  watermarkColumn,
];
