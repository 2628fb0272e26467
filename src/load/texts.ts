/** Files of one kind, by path below the model's root; their texts are read when asked for. */
export type Texts = {
  /** By code point. */
  readonly names: readonly string[];
  readonly text: (file: string) => string | null;
};

/** Many texts as one piece of memory that workers share, where each had a copy of its own. Nobody writes to it. */
export type SharedTexts = {
  readonly bytes: SharedArrayBuffer;
  /** Null: as they were told before. */
  readonly names: readonly string[] | null;
  /** Those of the names whose texts are here. */
  readonly held: readonly string[];
  /** Where each of these begins; and where the last ends. */
  readonly starts: readonly number[];
};

/** `names`: of all files there are, where not all of them are needed. */
export function shared(texts: Readonly<Record<string, string>>, names?: readonly string[]): SharedTexts {
  const held = Object.keys(texts);
  const starts = [0];
  for (const name of held) starts.push((starts.at(-1) ?? 0) + Buffer.byteLength(texts[name] ?? ''));
  const bytes = new SharedArrayBuffer(starts.at(-1) ?? 0);
  const buffer = Buffer.from(bytes);
  for (const [index, name] of held.entries()) buffer.write(texts[name] ?? '', starts[index] ?? 0);
  return { bytes, names: names ?? held, held, starts };
}

export function textsIn({ bytes, held, starts }: SharedTexts, names: readonly string[]): Texts {
  const indexes = new Map(held.map((name, index) => [name, index]));
  const buffer = Buffer.from(bytes);
  return {
    names,
    text: (file) => {
      const index = indexes.get(file);
      return index === undefined ? null : buffer.toString('utf8', starts[index], starts[index + 1]);
    },
  };
}
