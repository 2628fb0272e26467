import type { Consent, Declassification, Offer } from '../../model/model.ts';
import { atLeastOne, day, digest, name, objectAddress, owner, partyAddress } from './common.ts';
import { filledText, list, nullable, object, optional, type Reader, required } from './reader.ts';

export const readConsent: Reader<Consent> = object({
  name: required(name),
  mesh: required(name),
  rule: required(filledText),
  address: required(filledText),
  before: required(nullable(digest)),
  after: required(nullable(digest)),
  party: required(partyAddress),
  reason: required(filledText),
  notAfter: required(day),
  nonce: required(filledText),
});

export const readDeclassification: Reader<Declassification> = object({
  name: required(name),
  zone: required(name),
  transformer: required(objectAddress),
  of: required(atLeastOne(list(filledText), 'address')),
  code: required(digest),
  drops: optional(atLeastOne(list(filledText), 'label')),
  reason: required(filledText),
  until: required(day),
});

export const readOffer: Reader<Offer> = object({
  name: required(name),
  address: required(filledText),
  digest: required(digest),
  to: required(owner),
  as: optional(objectAddress),
  until: required(day),
});
