/** The forge did not say what was asked of it: the message says why, and what to do. Nothing is judged without its word. */
export class ForgeError extends Error {
  override readonly name = 'ForgeError';
  readonly kind: ForgeErrorKind;

  constructor(kind: ForgeErrorKind, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.kind = kind;
  }
}

/** `denied`: the token may not, or is none; `missing`: what was asked about is not there, or not for this token. */
export type ForgeErrorKind = 'unreachable' | 'denied' | 'missing' | 'garbled' | 'moved';
