import { unreachable } from '../../base/must.ts';
import type { Predicate } from '../../model/model.ts';

/** A predicate as its author wrote it: `when(classified('pii'), within('*:eu'))`. */
export function predicateText(predicate: Predicate): string {
  switch (predicate.kind) {
    case 'all':
    case 'any':
      return call(predicate.kind, predicate.of.map(predicateText));
    case 'not':
      return call('not', [predicateText(predicate.of)]);
    case 'when':
      return call('when', [predicateText(predicate.if), predicateText(predicate.demand)]);
    case 'classified':
      return call('classified', [quote(predicate.as)]);
    case 'within':
      return call('within', predicate.regions.map(quote));
    case 'vendors':
      return call('vendors', predicate.vendors.map(quote));
    case 'engines':
      return call('engines', predicate.engines.map(quote));
    case 'grade':
      return call('grade', [quote(predicate.grade)]);
    case 'readableBy':
      return call('readableBy', [parties(predicate.parties)]);
    case 'retain': {
      const { min, max } = predicate;
      const parts = [...(min === undefined ? [] : [`min: '${min}'`]), ...(max === undefined ? [] : [`max: '${max}'`])];
      return call('retain', [`{ ${parts.join(', ')} }`]);
    }
    case 'named':
      return call('named', [quote(predicate.what), `/${predicate.pattern}/`]);
    case 'encrypted':
    case 'production':
    case 'direct':
      return call(predicate.kind, []);
    default:
      return unreachable(predicate);
  }
}

function parties(names: readonly string[]): string {
  const zones = names.filter((name) => !name.includes('/'));
  const teams = names.filter((name) => name.includes('/'));
  const parts = [
    ...(zones.length > 0 ? [`zones: [${zones.map(quote).join(', ')}]`] : []),
    ...(teams.length > 0 ? [`teams: [${teams.map(quote).join(', ')}]`] : []),
  ];
  return `{ ${parts.join(', ')} }`;
}

function call(word: string, args: readonly string[]): string {
  return `${word}(${args.join(', ')})`;
}

function quote(name: string): string {
  return `'${name}'`;
}
