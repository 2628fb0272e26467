import { didYouMean } from '../../findings/near-name.ts';
import { columnAddress, memberAddress } from '../../model/address.ts';
import { listedZone, wordsOfMesh } from '../mesh.ts';
import type { Rule } from '../rule.ts';
import { spotOf } from '../spots.ts';
import { quoted } from '../words.ts';

/** A declassification is about a transformer that is there, and about what that makes. */
export const unknownDeclassified: Rule = {
  name: 'unknown-declassified',
  judges: {
    *declassification({ name, zone, transformer, of, drops = [] }, ask) {
      const address = `declassification:${name}`;
      const mesh = wordsOfMesh(ask);
      if (listedZone(zone, ask) === null)
        yield {
          message: `declassification '${name}' is the word of zone '${zone}', which mesh '${mesh.name}' does not have.`,
          help: `Name a zone of the mesh.${didYouMean(zone, ask.addresses('zone'))}`,
          at: spotOf(address, 'zone'),
        };
      const labels = Object.keys(mesh.classification?.labels ?? {});
      for (const label of drops.filter((each) => !labels.includes(each)))
        yield {
          message: `declassification '${name}' drops '${label}', which is no label of mesh '${mesh.name}'.`,
          help: `Use one of ${quoted(labels)}.${didYouMean(label, labels)} A level goes only with all of the zone's policies: leave  drops  out.`,
          at: spotOf(address, 'drops'),
        };
      if (ask.object('transformer', transformer) === null) {
        yield {
          message: `declassification '${name}' is about transformer '${transformer}', which is not there, so it lets go of nothing.`,
          help: `Correct the address, or remove the statement.${didYouMean(transformer, ask.addresses('transformer'))}`,
          at: spotOf(address, 'transformer'),
        };
        return;
      }
      const made = ask.found('output', transformer).flatMap((output) => {
        const { datasets = {} } = ask.object('datastore', output) ?? {};
        return Object.entries(datasets).flatMap(([dataset, { columns }]) => [
          memberAddress(output, dataset),
          ...Object.keys(columns).map((column) => columnAddress(output, dataset, column)),
        ]);
      });
      for (const each of of.filter((one) => !made.includes(one)))
        yield {
          message: `declassification '${name}' is of '${each}', which transformer '${transformer}' does not make.`,
          help: `Name datasets or columns that it makes.${didYouMean(each, made)}`,
          at: spotOf(address, 'of'),
        };
    },
  },
};
