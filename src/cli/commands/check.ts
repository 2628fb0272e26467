import { systemClock } from '../../base/clock.ts';
import { findingsDocument } from '../../findings/print-json.ts';
import type { ExitStatus } from '../exit.ts';
import type { FormatOptions } from '../format.ts';
import type { Output } from '../output.ts';
import { blocks, checkProject } from '../project.ts';
import { tellAs } from '../tell-as.ts';

/** Is this model right? */
export async function checkCommand(
  directory: string | undefined,
  options: FormatOptions & { readonly cache?: boolean },
  output: Output,
): Promise<ExitStatus> {
  const { root, digest, findings, counts, source } = await checkProject(directory, systemClock, options);
  const format = options.format ?? (output.json ? 'json' : 'text');
  const isForPeople = format === 'text' && options.output === undefined;
  const document = findingsDocument(findings, digest);
  if (findings.length === 0 && isForPeople) {
    output.result(
      `${output.color.green('ok')}  ${count(counts.datastores, 'datastore')} with ${count(counts.datasets, 'dataset')}, ` +
        `${count(counts.workspaces, 'workspace')}: no findings`,
    );
  } else {
    const told = { verb: 'check', findings, inherited: null, document, root, source } as const;
    await tellAs(format, told, options, output);
  }
  return blocks(findings) ? 1 : 0;
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
