import { keyOf, own } from '../../model/effective.ts';
import type { Check, CheckTest } from '../../model/model.ts';
import { kindsOf } from '../../model/quality.ts';
import { readPattern } from '../../types/pattern.ts';
import { typeText } from '../../types/text.ts';
import type { Type, TypeKind } from '../../types/type.ts';
import { isValueOf } from '../../types/value.ts';
import { type CheckEntry, checksOf } from '../checks.ts';
import type { Report, Rule } from '../rule.ts';

/** A test asks what values of its column's type can answer, alike on every engine, and by constants of that type. */
export const unfitCheck: Rule = {
  name: 'unfit-check',
  judges: {
    *datastore(datastore) {
      for (const one of checksOf(datastore)) {
        yield* types(one);
        yield* constants(one);
        yield* pattern(one);
        yield* pairs(one);
      }
    },
  },
};

const texts: readonly TypeKind[] = ['char', 'varchar', 'text'];
const numbers: readonly TypeKind[] = ['int', 'decimal', 'float'];

function* types({ entry, check, at, said }: CheckEntry): Iterable<Report> {
  const kinds = kindsOf[check.test];
  if (kinds === undefined) return;
  for (const column of check.columns ?? []) {
    const type = own(entry.dataset.columns, column)?.type;
    if (type === undefined || kinds.includes(type.kind)) continue;
    yield {
      message: `${said} cannot be asked of column '${column}', which is ${typeText(type)}.`,
      help: `Ask it of a column that is ${kinds.join(', ')}; or take it out.`,
      at,
    };
  }
}

function* constants({ entry, check, at, said }: CheckEntry): Iterable<Report> {
  const type = typeOf(entry, check, 0);
  if (type === null || !hasConstants.has(check.test)) return;
  const all = [...(check.values ?? []), check.min, check.max].filter((of) => of !== undefined && of !== null);
  const wrong = all.find((of) => !isValueOf(of, type));
  if (wrong === undefined || kindsOf[check.test]?.includes(type.kind) !== true) return;
  yield {
    message: `${said} compares column '${check.columns?.[0] ?? ''}' with ${typeof wrong === 'string' ? `'${wrong}'` : String(wrong)}, which is no value of ${typeText(type)}.`,
    help: 'Write constants of the type: dates and times in full (2026-01-31, 10:00:00, 2026-01-31 10:00:00, with a zone where the type has one), large numbers as text.',
    at,
  };
}

const hasConstants: ReadonlySet<CheckTest> = new Set(['accepted', 'excluded', 'between']);

function* pattern({ check, at, said }: CheckEntry): Iterable<Report> {
  if (check.pattern === undefined) return;
  const read = readPattern(check.pattern);
  if (read.kind === 'pattern') return;
  yield {
    message: `${said} has a pattern that engines would not answer alike: ${read.reason}.`,
    help: 'Use characters, classes [a-z], \\d \\w \\s, groups, alternatives and ? * + {2,5}; no look-around, no back-references. docs/quality.md has the language.',
    at,
  };
}

/** Columns that are compared with one another are of one kind. */
function* pairs({ entry, check, at, said }: CheckEntry): Iterable<Report> {
  const target = check.test === 'refers' ? own(entry.datastore.datasets, check.to ?? '') : undefined;
  const others =
    check.test === 'compares'
      ? [[typeOf(entry, check, 0), typeOf(entry, check, 1)]]
      : target === undefined
        ? []
        : (check.columns ?? []).map((_, i) => [
            typeOf(entry, check, i),
            own(target.columns, keyOf(target)[i] ?? '')?.type ?? null,
          ]);
  for (const [left, right] of others) {
    if (left == null || right == null || familyOf(left) === familyOf(right)) continue;
    yield {
      message: `${said} compares ${typeText(left)} with ${typeText(right)}, which engines do each in their own way.`,
      help: 'Compare columns of one kind: numbers with numbers, texts with texts, times with times.',
      at,
    };
  }
}

function familyOf({ kind }: Type): string {
  if (numbers.includes(kind)) return 'number';
  return texts.includes(kind) || kind === 'enum' ? 'text' : kind;
}

function typeOf(entry: CheckEntry['entry'], { columns = [] }: Check, index: number): Type | null {
  return own(entry.dataset.columns, columns[index] ?? '')?.type ?? null;
}
