import type { Finding } from '../findings/finding.ts';
import { finding } from '../findings/make.ts';
import { digestObject, type ModelObject } from '../model/object.ts';
import { declaredOwner } from '../model/party.ts';
import type { Break } from './break.ts';
import { movesIn } from './moves.ts';
import type { ObjectChange, Proposal, Side } from './proposal.ts';

/**
 * A datastore that moves, as it was offered, to a team of another zone. The policies of its zone hold for its rows at every
 * reader and behind every transformer, until the zone lets go of them; so the zone is asked, in production or not, as where a
 * level is lowered. Which move it consents to is in the digest of what is there after, whose address counts.
 */
export function zoneLeft(proposal: Proposal, { address, before, after }: ObjectChange, asOfMs: number): Break | null {
  const { base, head } = proposal;
  if (base === null || before?.kind !== 'datastore' || after !== null) return null;
  // Whether the move may be made was settled before; to whoever is to consent it is the same, though they could not make it.
  const { moves, tried } = movesIn(proposal, asOfMs);
  const to = [...moves, ...tried].find(({ from }) => from === address)?.to;
  const noun = to === undefined ? null : head.lookup.object('datastore', to);
  if (to === undefined || noun === null || zoneOf(to) === zoneOf(address)) return null;
  const arrived: ModelObject<'datastore'> = { kind: 'datastore', address: to, noun };
  return {
    finding: leaving(address, to, base, head),
    rule: 'zone-left',
    address,
    before: digestObject(before),
    after: digestObject(arrived),
    needs: [zoneOf(address)],
  };
}

function leaving(address: string, to: string, base: Side, head: Side): Finding {
  const [old, now] = [zoneOf(address), zoneOf(to)];
  const policies = Object.keys(base.lookup.object('zone', old)?.policies ?? {});
  const named = policies.slice(0, mostNamed).map((name) => `'${name}'`);
  const rest = policies.length - named.length;
  const list = named.length === 0 ? '' : ` (${named.join(', ')}${rest > 0 ? ` and ${rest} more` : ''})`;
  return finding({
    rule: 'zone-left',
    address,
    message: `datastore '${address}' moves to '${to}' and leaves zone '${old}'. The policies of that zone${list} went with its rows to every reader; from now on those of zone '${now}' do.`,
    help: `Offer it to a team of zone '${old}'.`,
    at: head.placeOf(to),
    related: [{ message: `zone '${old}'`, at: head.placeOf(old) ?? base.placeOf(old) }],
    owner: declaredOwner(base.lookup, address),
  });
}

const mostNamed = 5;

function zoneOf(address: string): string {
  return address.split('/')[0] ?? '';
}
