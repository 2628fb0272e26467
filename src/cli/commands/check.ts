import { systemClock } from '../../base/clock.ts';
import { findingsDocument } from '../../findings/print-json.ts';
import { printText } from '../../findings/print-text.ts';
import type { ExitStatus } from '../exit.ts';
import type { Output } from '../output.ts';
import { blocks, openProject } from '../project.ts';

/** Is this model right? */
export async function checkCommand(directory: string | undefined, output: Output): Promise<ExitStatus> {
  const { loaded, findings } = await openProject(directory, systemClock);
  output.document(findingsDocument(findings, loaded.digest));
  if (findings.length > 0) output.result(printText(findings, loaded.source, { color: output.isColored }));
  else if (loaded.model !== null) {
    const { datastores, workspaces } = loaded.model;
    const datasets = Object.values(datastores).reduce((sum, store) => sum + Object.keys(store.datasets).length, 0);
    output.result(
      `${output.color.green('ok')}  ${count(Object.keys(datastores).length, 'datastore')} with ${count(datasets, 'dataset')}, ` +
        `${count(Object.keys(workspaces).length, 'workspace')}: no findings`,
    );
  }
  return blocks(findings) ? 1 : 0;
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
