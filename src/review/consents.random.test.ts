import { expect, test } from 'vitest';
import { type Random, seeded } from '../cli/demo/company/random.ts';
import { endOfDay } from '../model/duration.ts';
import type { Consent } from '../model/model.ts';
import { parseConsentFile, type Statement, statementText } from './consent-file.ts';
import { consentFiles } from './consent-files.ts';
import { consented } from './consents.ts';
import { keys, lengthModel, narrowing, signedBy, statementOn } from './testing/narrowing.ts';
import { approvedBy, propose } from './testing/propose.ts';

/**
 * Random histories of one column whose length goes up and down, with statements that come, stay, move, go and come back.
 * The review sees base and head alone; the model beside it remembers everything: which statement was ever in base.
 */
test('over random histories a signed statement and an entry count once each, and fresh ones always do', () => {
  const seed = Number(process.env.SEED ?? 20_260_704);
  console.log(`SEED=${seed}`);
  const random = seeded(seed);
  const lengths = [40, 30, 20];
  const firstDay = Date.parse('2026-06-01T00:00:00Z');
  let merges = 0;
  let used = 0;
  for (let history = 0; history < 40; history++) {
    const pool = statementPool(lengths, random);
    let length = 40;
    let files: Readonly<Record<string, string>> = {};
    let entries: readonly Consent[] = [];
    const everInBase = new Set<string>();
    const uses = new Map<string, number>();
    for (let step = 0; step < 25; step++) {
      const asOfMs = firstDay + step * 86_400_000;
      const next = random.pick(lengths);
      const brought = Object.fromEntries(
        pool.filter(() => random.isLucky(0.3)).map((one) => [`${random.pick(['a', 'b'])}/${one.file}`, one.text]),
      );
      const kept = Object.fromEntries(Object.entries(files).filter(() => random.isLucky(0.9)));
      const keptEntries = entries.filter(() => random.isLucky(0.6));
      const headFiles = { ...kept, ...brought };
      const models = [lengthModel(length, {}, entries), lengthModel(next, {}, keptEntries)] as const;
      const sided = propose(...models, approvedBy(), { base: { signed: files }, head: { signed: headFiles } });
      const one = narrowing(sided);
      const breaks = next < length ? [one] : [];
      const { findings, consents } = consented(breaks, sided, asOfMs);
      const isRefused = consentFiles(sided, asOfMs).length > 0;

      // What counts, by memory: a statement that fits, is in time and was never in base; an entry that fits and goes.
      const isInTime = (statement: Statement) => (endOfDay(statement.notAfter) ?? 0) > asOfMs;
      const fits = (statement: Statement) => statement.before === one.before && statement.after === one.after;
      const fresh = Object.entries(headFiles).filter(([, text]) => {
        const statement = statementIn(text);
        return fits(statement) && isInTime(statement) && !everInBase.has(statementText(statement));
      });
      const going = entries.filter((entry) => !keptEntries.includes(entry) && fits(entry) && isInTime(entry));
      const parties = new Set([
        ...fresh.map(([, text]) => statementIn(text).party),
        ...going.map(({ party }) => party),
      ]);
      const passes = next >= length || (parties.has('retail') && parties.has('retail/insight'));
      // A file that could not go is what makes memory and review agree: such a change is not merged.
      if (!isRefused) expect(findings.length === 0, `history ${history}, step ${step}`).toBe(passes);
      if (isRefused || findings.length > 0) continue;

      merges++;
      for (const at of consents) {
        const text = headFiles[at];
        const name = text === undefined ? at : statementText(statementIn(text));
        uses.set(name, (uses.get(name) ?? 0) + 1);
        used++;
      }
      length = next;
      files = headFiles;
      for (const text of Object.values(files)) everInBase.add(statementText(statementIn(text)));
      // A party merges an entry of a new name now and then.
      const granted = random.pick(pool);
      const name = `entry_${history}_${step}`;
      entries = random.isLucky(0.5) ? [...keptEntries, { name, ...granted.statement }] : keptEntries;
    }
    for (const [name, count] of uses) expect(count, name).toBe(1);
  }
  expect(merges).toBeGreaterThan(200);
  expect(used).toBeGreaterThan(50);
}, 60_000);

function statementPool(lengths: readonly number[], random: Random) {
  return lengths.flatMap((from) =>
    lengths
      .filter((to) => to < from)
      .flatMap((to) => {
        const one = narrowing(propose(lengthModel(from), lengthModel(to), approvedBy()));
        return (['retail', 'retail/insight'] as const).flatMap((party) =>
          [1, 2].map((copy) => {
            const day = random.between(5, 29);
            const nonce = `${from}-${to}-${party.replace('/', '-')}-${copy}-nonce`;
            const statement = statementOn(one, party, { nonce, notAfter: `2026-06-${String(day).padStart(2, '0')}` });
            const signer = party === 'retail' ? keys.retail : keys.insight;
            return { statement, file: `${nonce}.consent.json`, text: signedBy(signer, statement) };
          }),
        );
      }),
  );
}

function statementIn(text: string): Statement {
  const file = parseConsentFile(text);
  if ('wrong' in file) throw new Error(file.wrong);
  return file.statement;
}
