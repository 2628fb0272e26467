import type { Json } from '../../base/digest.ts';
import type { Finding } from '../../findings/finding.ts';
import { finding } from '../../findings/make.ts';
import { type At, refuse } from '../read/at.ts';
import { memberOf } from '../read/literals.ts';
import type { Literal } from '../sandbox/literal.ts';
import type { PlaceAt } from '../sandbox/text.ts';
import { placesIn } from '../sandbox/text.ts';
import { readYaml } from '../schema/yaml.ts';
import { type Contract, readContractBody } from './contract.ts';
import { isObject, type JsonObject } from './merge-patch.ts';
import { type Version, versionOf } from './version.ts';

/** A contract file, read. */
export type ContractDocument = {
  readonly contract: Contract;
  readonly version: Version;
  /** All that the file says. */
  readonly json: JsonObject;
  readonly literal: Literal;
  readonly placeAt: PlaceAt;
};

/** A contract file for what stands at `at`; undefined with findings, at their places in the file, where it cannot be used. */
export function readDocument(file: string, content: string, at: At): ContractDocument | undefined {
  const placeAt = placesIn(file, content);
  const subject = `contract '${file}'`;
  const cannot = (problem: string, offset: number) =>
    refuse(
      { ...at, subject },
      'contract-file',
      `it cannot be read: ${problem}.`,
      'A contract is plain YAML, without anchors and tags, as the Open Data Contract Standard describes it.',
      placeAt(offset),
    );
  const yaml = readYaml(content);
  if ('problem' in yaml) return cannot(yaml.problem, yaml.offset);
  const { raw, literal } = yaml;
  const wrong = notJson(raw, literal, deepest);
  if (wrong !== null) return cannot(wrong.problem, wrong.offset);
  // Places of the contract's parts are those of what is made of it: its own are only for findings.
  const reading = { ...at.reading, places: new Map() };
  const contract = readContractBody(raw, { ...at, reading, subject, path: [], literal, placeAt, place: placeAt(0) });
  if (contract === undefined || !isJsonObject(raw)) return undefined;
  const version = versionOf(contract.apiVersion);
  if (contract.status === undefined && version !== '3.2')
    return refuse(
      { ...at, subject },
      'missing-attribute',
      "attribute 'status' is missing.",
      'Add  status: active',
      placeAt(0),
    );
  return { contract, version, json: raw, literal, placeAt };
}

/** A contract file by itself, outside of any model. */
export function readContractFile(
  file: string,
  content: string,
): { readonly document: ContractDocument | undefined; readonly findings: readonly Finding[] } {
  const findings: Finding[] = [];
  const document = readDocument(file, content, {
    reading: { findings, isYaml: false, places: new Map(), marked: () => null },
    subject: `contract '${file}'`,
    address: '',
    path: [],
    literal: null,
    placeAt: null,
    place: null,
  });
  return { document, findings: findings.map((found) => finding({ ...found, address: null })) };
}

/** Nothing that people write is nested deeper, and what is meant to harm may be. */
const deepest = 64;

/** What of a value no JSON document can hold; null where it is whole. */
function notJson(raw: unknown, literal: Literal | null, depth: number): { problem: string; offset: number } | null {
  const offset = literal?.offset ?? 0;
  if (depth < 0) return { problem: `it is nested deeper than ${deepest}`, offset };
  if (typeof raw === 'number' && !Number.isFinite(raw)) return { problem: 'a number is not finite', offset };
  if (typeof raw === 'number' && Number.isInteger(raw) && !Number.isSafeInteger(raw))
    return { problem: 'a whole number has more than 15 digits: write it in quotes', offset };
  if (raw === null || ['string', 'number', 'boolean'].includes(typeof raw)) return null;
  if (typeof raw !== 'object' || !(Array.isArray(raw) || Object.getPrototypeOf(raw) === Object.prototype))
    return { problem: 'a value is of a kind that only a tag of YAML gives', offset };
  for (const [name, value] of Object.entries(raw)) {
    const found = notJson(value, memberOf(literal, name), depth - 1);
    if (found !== null) return found;
  }
  return null;
}

/** By then it is plain data: `notJson` found nothing. */
function isJsonObject(raw: unknown): raw is JsonObject {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw);
}

/** The items of a list of objects, with their places: `schema`, `properties`. */
export function itemsIn(json: JsonObject, literal: Literal | null, member: string): readonly Item[] {
  const list = json[member];
  return Array.isArray(list)
    ? list.map((one: Json, index) => ({
        json: isObject(one) ? one : {},
        literal: memberOf(literal, member, String(index)),
      }))
    : [];
}

export type Item = { readonly json: JsonObject; readonly literal: Literal | null };
