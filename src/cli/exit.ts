import { EngineError } from '../engine/connection.ts';
import { ForgeError } from '../forge/error.ts';
import { GitError } from '../git/error.ts';

/** 0 done and nothing blocks; 1 findings block; 2 wrong use or unusable input; 3 the world failed. */
export type ExitStatus = 0 | 1 | 2 | 3;

/** The command was used wrongly: its message says how to use it. */
export class UseError extends Error {
  override readonly name = 'UseError';
}

/** What a failure is worth to the shell, and the line a person reads. An unexpected error keeps its stack: it is our bug. */
export function statusOf(error: unknown): { readonly status: ExitStatus; readonly message: string } {
  if (error instanceof UseError) return { status: 2, message: error.message };
  if (error instanceof GitError) return { status: error.kind === 'input' ? 2 : 3, message: error.message };
  if (error instanceof ForgeError) return { status: 3, message: error.message };
  if (error instanceof EngineError) return { status: 3, message: error.message };
  if (error instanceof Error) return { status: 3, message: error.stack ?? error.message };
  return { status: 3, message: String(error) };
}
