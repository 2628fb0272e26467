import type { Facts } from '../engine/facts.ts';
import type { Finding } from '../findings/finding.ts';
import { finding, inReadingOrder } from '../findings/make.ts';
import type { Model, Places } from '../model/model.ts';
import { ownerOf } from './owner.ts';
import { placeOf } from './place.ts';
import type { Report, Rule } from './rule.ts';
import { rules } from './rules.ts';
import { subjectOf } from './subject.ts';

/** Is this model right? Every finding of every rule, in reading order. Pure: the same input gives the same findings. */
export function check(
  model: Model,
  facts: Facts,
  options: { readonly asOfMs: number; readonly places: Places },
): Finding[] {
  const subject = subjectOf(model, facts, options.asOfMs);
  const findings: Finding[] = [];
  for (const rule of rules)
    for (const report of rule.find(subject)) findings.push(findingOf(rule, report, model, options.places));
  return inReadingOrder(findings);
}

function findingOf(rule: Rule, report: Report, model: Model, places: Places): Finding {
  return finding({
    rule: rule.name,
    ...(report.severity ? { severity: report.severity } : {}),
    address: report.at.address,
    message: report.message,
    help: report.help,
    at: placeOf(places, report.at),
    related: (report.related ?? []).map(({ message, at }) => ({ message, at: placeOf(places, at) })),
    owner: ownerOf(model, report.at.object),
  });
}
