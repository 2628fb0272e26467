import type { Facts } from '../engine/facts.ts';
import type { Finding } from '../findings/finding.ts';
import { finding, inReadingOrder } from '../findings/make.ts';
import { parseDay } from '../model/duration.ts';
import { own, ownerOf, teamOf } from '../model/effective.ts';
import { lookupIn } from '../model/lookup.ts';
import type { Model, Places } from '../model/model.ts';
import { objectsOf } from '../model/object.ts';
import { contactLabel, ownerLabel } from '../model/owner.ts';
import { placeOf } from '../model/places.ts';
import { judge } from './judge.ts';
import type { Ask, Report, Spot } from './rule.ts';
import { rules, wholeRules } from './rules.ts';
import { subjectOf } from './subject.ts';

/** Is this model right? Every finding of every rule, in reading order. Pure: the same input gives the same findings. */
export function check(
  model: Model,
  facts: Facts,
  options: { readonly asOfMs: number; readonly places: Places },
): Finding[] {
  const subject = subjectOf(model, facts, options.asOfMs);
  const ask: Ask = {
    ...lookupIn(model),
    facts,
    isReached: (day) => (parseDay(day) ?? Number.POSITIVE_INFINITY) <= options.asOfMs,
  };
  const findings = new Map<string, Finding>();
  const add = (rule: string, reports: Iterable<Report>) => {
    for (const report of reports) {
      const found = findingOf(rule, report, model, options.places);
      // What is said in the same words of the same object is one finding, however often a rule meets it.
      if (!findings.has(found.digest)) findings.set(found.digest, found);
    }
  };
  for (const rule of wholeRules) add(rule.name, rule.find(subject));
  for (const object of objectsOf(model)) for (const rule of rules) add(rule.name, judge(rule, object, ask));
  return inReadingOrder([...findings.values()]);
}

function findingOf(rule: string, report: Report, model: Model, places: Places): Finding {
  const placeIn = ({ address, path }: Spot) => placeOf(places, address, ...path);
  return finding({
    rule,
    ...(report.severity ? { severity: report.severity } : {}),
    address: report.at.address,
    message: report.message,
    help: report.help,
    at: placeIn(report.at),
    related: (report.related ?? []).map(({ message, at }) => ({ message, at: placeIn(at) })),
    owner: labelOf(model, report.at.address),
  });
}

/** The owner, and how its team is reached; what nobody declares is the business of its zone's owner, or the mesh's. */
function labelOf(model: Model, address: string): string {
  const [zone = ''] = address.split('/');
  const label = ownerLabel(ownerOf(model, address) ?? own(model.mesh.zones, zone) ?? model.mesh.owner);
  const contact = contactLabel(teamOf(model, address)?.contact);
  return contact === '' ? label : `${label} (${contact})`;
}
