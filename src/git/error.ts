/** Git could not do what was asked: the message says what to do about it. */
export class GitError extends Error {
  override readonly name = 'GitError';
  readonly kind: GitErrorKind;

  constructor(kind: GitErrorKind, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.kind = kind;
  }
}

/** `input`: what was named or set up cannot be used; trying again gives the same. `world`: git is missing, too old, stuck. */
export type GitErrorKind = 'input' | 'world';
