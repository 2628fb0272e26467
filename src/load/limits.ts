/** Bounds of one evaluation. All but `wallMs` are deterministic: the same file meets them on every machine. */
export type Limits = {
  /** Checks of QuickJS's interrupt counter, one each 10,000 branches or calls. */
  readonly fuel: number;
  readonly memoryBytes: number;
  /** Stack of the evaluated code; far below what the worker's own stack holds. */
  readonly stackBytes: number;
  /** Characters of what a file exports, counted as a tree: shared values count each time. */
  readonly outputCharacters: number;
  /** Characters of one file. */
  readonly fileCharacters: number;
  /** The backstop from outside, since native loops are not interrupted; its outcome is "could not judge". */
  readonly wallMs: number;
  /** Is a file that is written out read off its syntax? What it comes to is the same; the sandbox takes longer. */
  readonly isWritten: boolean;
};

export const defaultLimits: Limits = {
  fuel: 20_000,
  memoryBytes: 128 * 1024 * 1024,
  stackBytes: 128 * 1024,
  outputCharacters: 16 * 1024 * 1024,
  fileCharacters: 8 * 1024 * 1024,
  wallMs: 30_000,
  isWritten: true,
};
