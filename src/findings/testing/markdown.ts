import type { Nodes } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { gfm } from 'micromark-extension-gfm';

/** What CommonMark with GitHub's extensions reads: the texts in code, the words outside, the tags, and all kinds of nodes. */
export function readMarkdown(text: string): {
  readonly code: readonly string[];
  readonly words: string;
  readonly html: readonly string[];
  readonly kinds: ReadonlySet<string>;
  readonly cells: readonly number[];
} {
  const tree = fromMarkdown(text, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] });
  const nodes = [...walk(tree)];
  return {
    code: nodes.flatMap((node) => (node.type === 'inlineCode' || node.type === 'code' ? [node.value] : [])),
    words: nodes.flatMap((node) => (node.type === 'text' ? [node.value] : [])).join(''),
    html: nodes.flatMap((node) => (node.type === 'html' ? [node.value] : [])),
    kinds: new Set(nodes.map(({ type }) => type)),
    cells: nodes.flatMap((node) => (node.type === 'tableRow' ? [node.children.length] : [])),
  };
}

function* walk(node: Nodes): Generator<Nodes> {
  yield node;
  if ('children' in node) for (const child of node.children) yield* walk(child);
}
