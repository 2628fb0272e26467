import { execFile } from 'node:child_process';
import { EngineError } from '../../../engine/connection.ts';

/** Runs one of the server's programs to its end. Errors: EngineError with the last lines that it wrote. */
export function runProgram(
  program: string,
  args: readonly string[],
  as: { readonly uid?: number; readonly gid?: number; readonly cwd: string },
): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(program, [...args], { ...as, env: programEnvironment() }, (error, stdout, stderr) => {
      if (error === null) return resolve();
      const said = `${stdout}\n${stderr}`.trim().split('\n').slice(-6).join('\n');
      const isFull = /No space left|could not resize shared memory/.test(said);
      const text = `'${program}' failed: ${said === '' ? error.message : said}`;
      reject(new EngineError(isFull ? 'space' : 'denied', text, { cause: error }));
    });
  });
}

/** Nothing of ours that could hold a secret or change the server's mind, such as PGDATA. */
export function programEnvironment(): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    TZ: 'UTC',
    LC_ALL: process.platform === 'darwin' ? 'C' : 'C.UTF-8',
  };
}
