import { parseDurationMs } from '../model/duration.ts';
import type { Container } from '../model/model.ts';
import { msText } from './demand.ts';
import type { Durability } from './plan.ts';

/** Null: the source's log may be let go at once. */
export function durabilityOf(said: Container['durability']): Durability | null {
  if (said === undefined || said === 'local') return null;
  return said === 'standby' ? { kind: 'standby' } : { kind: 'keep', ms: parseDurationMs(said.keep) ?? 0 };
}

export function durabilityWhy(durability: Durability | null, container: string): readonly string[] {
  if (durability === null) return [];
  const said = durabilityText(durability);
  return [`Its source ${said}, so that a copy of '${container}' that takes over goes on without a gap.`];
}

export function durabilityText(durability: Durability): string {
  return durability.kind === 'standby'
    ? 'keeps of its log what no standby of the store has'
    : `keeps of its log what the store has for less than ${msText(durability.ms)}`;
}
