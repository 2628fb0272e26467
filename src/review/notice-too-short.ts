import type { Finding } from '../findings/finding.ts';
import { finding } from '../findings/make.ts';
import { type Deprecated, deprecatedIn, noticeOf } from '../model/deprecated.ts';
import { parseDay } from '../model/duration.ts';
import type { Datastore } from '../model/model.ts';
import { declaredOwner } from '../model/party.ts';
import type { Side } from './proposal.ts';

type Scene = { readonly base: Side; readonly head: Side; readonly asOfMs: number };

/**
 * An end is announced in time: one that is new, or that comes nearer, is at least the zone's notice away, counted from the
 * day of the review. What stays as it was announced, or moves away, is not judged again.
 */
export function shortNotice(before: Datastore | null, after: Datastore, scene: Scene): readonly Finding[] {
  const announced = new Map(
    before === null ? [] : deprecatedIn(before).map((one) => [partOf(one.address), one.deprecation.removal]),
  );
  const [zone = ''] = after.address.split('/');
  const notice = noticeOf(scene.base.lookup.object('zone', zone) ?? scene.head.lookup.object('zone', zone));
  const today = Math.floor(scene.asOfMs / dayMs) * dayMs;
  const first = Math.ceil((today + notice.ms) / dayMs) * dayMs;
  return deprecatedIn(after)
    .filter(({ deprecation }) => (parseDay(deprecation.removal) ?? 0) < first)
    .filter(({ address, deprecation }) => {
      const was = announced.get(formerPart(address, before, after));
      return was === undefined || deprecation.removal < was;
    })
    .map((one) =>
      tooShort(one, announced.get(formerPart(one.address, before, after)), zone, notice.text, first, scene),
    );
}

const dayMs = 86_400_000;

function tooShort(
  { what, address, deprecation }: Deprecated,
  was: string | undefined,
  zone: string,
  notice: string,
  firstMs: number,
  { head }: Scene,
): Finding {
  const first = new Date(firstMs).toISOString().slice(0, 10);
  const does =
    was === undefined
      ? `calls ${what} '${address}' deprecated, to be gone from ${deprecation.removal} on`
      : `moves the removal of ${what} '${address}' from ${was} to ${deprecation.removal}`;
  return finding({
    rule: 'notice-too-short',
    address,
    message: `this change ${does}, and zone '${zone}' gives its readers a notice of ${notice}.`,
    help: `Set  removal: '${first}'  or a later day${was === undefined ? '' : ', or leave it where it was'}.`,
    at: head.placeOf(address, 'deprecated', 'removal'),
    owner: declaredOwner(head.lookup, address),
  });
}

/** What of its datastore an address names: `customers#name`; the datastore itself is ''. */
function partOf(address: string): string {
  const dot = address.indexOf('.');
  return dot < 0 ? '' : address.slice(dot + 1);
}

/** The same, by the names that dataset and column had before: a new name is no new thing. */
function formerPart(address: string, before: Datastore | null, after: Datastore): string {
  const [name = '', column] = partOf(address).split('#');
  const dataset = after.datasets[name];
  if (before === null || dataset === undefined) return partOf(address);
  const formerly = nameBefore(name, dataset.formerly, before.datasets);
  if (column === undefined) return formerly;
  const columns = before.datasets[formerly]?.columns ?? {};
  return `${formerly}#${nameBefore(column, dataset.columns[column]?.formerly, columns)}`;
}

function nameBefore(name: string, formerly: readonly string[] = [], before: Readonly<Record<string, unknown>>): string {
  return Object.hasOwn(before, name) ? name : (formerly.findLast((one) => Object.hasOwn(before, one)) ?? name);
}
