import { carrierOf, rowsSeenBy } from '../graph/carried.ts';
import { transformerReads } from '../graph/transformer.ts';
import { wordsOfMesh } from '../mesh.ts';
import type { Rule } from '../rule.ts';
import { spotOf } from '../spots.ts';
import { quoted } from '../words.ts';

/** A zone lets go of its own data alone: of what the transformer reads, some is the zone's. */
export const notAnOrigin: Rule = {
  name: 'not-an-origin',
  judges: {
    *declassification({ name, zone, transformer }, ask) {
      const mesh = wordsOfMesh(ask);
      if (ask.object('transformer', transformer) === null) return;
      const reads = [...transformerReads(ask, transformer).values()].flat();
      const origins = new Set(
        reads.flatMap((read) => [...rowsSeenBy(mesh, carrierOf(ask, read.datastore.address), read).keys()]),
      );
      if (origins.has(zone) || reads.length === 0) return;
      yield {
        message: `declassification '${name}' is the word of zone '${zone}', and transformer '${transformer}' reads nothing of that zone: its word changes nothing.`,
        help: `What it reads is of ${quoted([...origins].sort())}: the owner of such a zone can declassify. Or remove the statement.`,
        at: spotOf(`declassification:${name}`, 'zone'),
      };
    },
  },
};
