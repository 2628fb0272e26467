/**
 * What can be seen of a script that continuous integration runs. Words are looked for, nothing is parsed: what a script calls
 * cannot be seen.
 */

export function runsReview(script: string): boolean {
  return reviewCommand.test(joined(script));
}

/** How the script ends well where the review does not; null: it does not, as far as can be seen. */
export function passesOver(script: string, hasPipefail: boolean): string | null {
  const text = joined(script);
  const found = reviewCommand.exec(text);
  if (found === null) return null;
  const before = text.slice(0, found.index);
  const after = text.slice(found.index + found[0].length);
  const command = /^[^\n]*/.exec(after)?.[0] ?? '';
  // A status that is kept and given back later is no loss.
  if (/\bexit\s+["']?(\$|[1-9])|\bfalse\b/.test(after)) return null;
  if (/\|\|/.test(command)) return `what follows '||' ends well where the review does not`;
  if (/(^|\n)\s*set\s+\+e\b/.test(before)) return `after 'set +e' it goes on where the review fails`;
  if (!hasPipefail && !/\bpipefail\b/.test(before) && /[^|>]\|[^|]/.test(command))
    return `a pipe ends as its last command does, whatever the review says`;
  return null;
}

/** Does it bring files of a commit into the work tree? Options of git may stand before the verb. */
export function changesWorkTree(script: string): boolean {
  return workTreeCommand.test(joined(script));
}

const reviewCommand = /freehold\S*\s+review\b/;

const workTreeCommand =
  /\bgit(\s+-[Cc]\s+\S+|\s+-\S+)*\s+(checkout|switch|reset|restore|merge|pull|rebase|cherry-pick|am|apply|read-tree|checkout-index|worktree|archive)(?![-\w])|\b(gh|hub)\s+pr\s+checkout\b/;

/** A command on several lines as one. */
function joined(script: string): string {
  return script.replaceAll(/\\\r?\n/g, ' ');
}
