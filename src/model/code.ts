import { digestJson } from '../base/digest.ts';
import type { Transformer } from './model.ts';

/** SHA-256 of a transformer's code and of what it reads: a declassification is about exactly this. */
export function codeDigest({ code, reads }: Transformer): string {
  return digestJson(['transformer', code, reads]);
}
