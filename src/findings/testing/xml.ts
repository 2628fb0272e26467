import { SaxesParser } from 'saxes';

/** The elements of a document with their attributes and direct text, in order of their ends. Throws where it is no XML 1.0. */
export function xmlElements(document: string): { name: string; attributes: Record<string, string>; text: string }[] {
  const parser = new SaxesParser({ xmlns: true });
  const open: { name: string; attributes: Record<string, string>; text: string }[] = [];
  const all: typeof open = [];
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    const plain = Object.entries(attributes).map(([key, { value }]) => [key, value] as const);
    open.push({ name, attributes: Object.fromEntries(plain), text: '' });
  });
  parser.on('text', (text) => {
    const last = open.at(-1);
    if (last !== undefined) last.text += text;
  });
  parser.on('closetag', () => {
    const last = open.pop();
    if (last !== undefined) all.push(last);
  });
  parser.write(document).close();
  return all;
}
