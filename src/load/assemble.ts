import type { Finding } from '../findings/finding.ts';
import { finding } from '../findings/make.ts';
import { meshAddress } from '../model/address.ts';
import type { Chunk } from './chunk.ts';

/** Objects by address. Of two with one address neither is more right: the first stands. */
export function eachOnce(definitions: Iterable<Chunk>): {
  readonly chunks: ReadonlyMap<string, Chunk>;
  readonly findings: readonly Finding[];
} {
  const findings: Finding[] = [];
  const chunks = new Map<string, Chunk>();
  for (const one of definitions) {
    // Datastores, workspaces and transformers share addresses: `retail/sales/orders` names one thing.
    const other = chunks.get(one.address);
    if (other === undefined) chunks.set(one.address, one);
    else findings.push(twice(one, other));
  }
  return { chunks, findings };
}

/** `found`: what was found while reading. A mesh that is there and could not be read is told of by that alone. */
export function withoutMesh(hasMesh: boolean, found: readonly Finding[]): readonly Finding[] {
  if (hasMesh || found.some(({ address, severity }) => address === meshAddress && severity === 'error')) return [];
  return [
    finding({
      rule: 'no-mesh',
      message: 'the model has no mesh, so nobody owns anything in it.',
      help: "A new model begins with  freehold init  in an empty directory. In one that has files, add one with  export default mesh('acme', {...}), or correct the one that could not be read.",
    }),
  ];
}

function twice(one: Chunk, other: Chunk): Finding {
  const what = one.kind === 'mesh' ? 'the mesh' : `${one.kind} '${one.address}'`;
  return finding({
    rule: 'duplicate-definition',
    address: one.address,
    message: `${what} is defined twice${one.kind === other.kind ? '' : ` (as ${other.kind} also)`}, and only one of them can hold.`,
    help: 'Remove or rename one of them. To use an object of another file, import it; exporting it again is no harm.',
    at: one.at,
    related: [{ message: 'also defined here', at: other.at }],
  });
}
