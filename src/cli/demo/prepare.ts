import { existsSync } from 'node:fs';
import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UseError } from '../exit.ts';

/**
 * The demo's directory: the sample model is copied there once, so that a person can change it; what is there stays.
 * Errors: UseError for a directory that holds something else.
 */
export async function prepareDirectory(root: string): Promise<void> {
  if (existsSync(join(root, 'mesh.ts'))) return;
  const sample = fileURLToPath(new URL('../../../examples/company', import.meta.url));
  // Copied beside and renamed, so that a cut leaves nothing that looks like a model.
  const beside = `${root}.${process.pid}`;
  try {
    await mkdir(dirname(root), { recursive: true });
    await cp(sample, beside, { recursive: true });
    await rename(beside, root);
  } catch (cause) {
    await rm(beside, { recursive: true, force: true });
    throw new UseError(
      `The sample model cannot be put into ${root}: ${cause instanceof Error ? cause.message : String(cause)}. Name another directory with --dir.`,
    );
  }
}
