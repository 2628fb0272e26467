import { existsSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UseError } from '../exit.ts';

/**
 * The demo's directory: the sample model is copied there once, so that a person can change it; what is there stays.
 * Errors: UseError for a directory that holds something else.
 */
export async function prepareDirectory(root: string): Promise<void> {
  if (existsSync(join(root, 'mesh.ts'))) return;
  const sample = fileURLToPath(new URL('../../../examples/company', import.meta.url));
  await mkdir(root, { recursive: true }).catch((cause: unknown) => {
    throw new UseError(
      `${root} cannot be made: ${cause instanceof Error ? cause.message : String(cause)}. Name another with --dir.`,
    );
  });
  await cp(sample, root, { recursive: true, errorOnExist: true, force: false }).catch((cause: unknown) => {
    throw new UseError(
      `The sample model cannot be put into ${root}, which holds something else: ${cause instanceof Error ? cause.message : String(cause)}. Name another directory with --dir.`,
    );
  });
}
