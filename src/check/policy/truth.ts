/** Does it hold? Null: it says nothing of this; it would be asked elsewhere. */
export type Truth = boolean | null;

/** False where one is, else null where one is, else true (Kleene). */
export function every(truths: readonly Truth[]): Truth {
  return truths.includes(false) ? false : truths.includes(null) ? null : true;
}

/** True where one is, else null where one is, else false. */
export function some(truths: readonly Truth[]): Truth {
  return truths.includes(true) ? true : truths.includes(null) ? null : false;
}

export function opposite(truth: Truth): Truth {
  return truth === null ? null : !truth;
}
