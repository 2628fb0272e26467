#!/usr/bin/env node
import { Command, CommanderError, Option } from 'commander';
import { type ExitStatus, statusOf } from './exit.ts';
import { type FormatOptions, formats } from './format.ts';
import { type Output, type OutputOptions, outputOf } from './output.ts';
import { programVersion } from './version.ts';

/** `freehold <verb>`. Each verb's code is loaded when it is used, so that `--help` is quick and a check needs no driver. */
const program = new Command('freehold')
  .description('A data mesh you declare once and run.')
  .version(programVersion(), '-V, --version')
  .configureHelp({ sortSubcommands: false, showGlobalOptions: false })
  .showHelpAfterError('(freehold <verb> --help shows how it is used)')
  .exitOverride();

verb('init [dir]', 'a new model with comments; --from describes a real database')
  .option(
    '--from <url>',
    'postgres://user@host:5432/database to introspect, read-only (password from the address or PGPASSWORD)',
  )
  .addHelpText('after', example('freehold init shop --from postgres://reader@localhost:5432/shop'))
  .action((dir: string | undefined, options: Shared & { from?: string }) =>
    end(options, async (output) => (await import('./commands/init.ts')).initCommand(dir, options, output)),
  );

inFormats(verb('check [dir]', 'is this model right?'))
  .option('--no-cache', 'read and judge every file anew, and keep nothing')
  .addHelpText('after', example('freehold check shop\n  freehold check --format sarif --output freehold.sarif'))
  .action((dir: string | undefined, options: Shared & FormatOptions & { cache?: boolean }) =>
    end(options, async (output) => (await import('./commands/check.ts')).checkCommand(dir, options, output)),
  );

environmentVerb(verb('plan', 'the difference between what is deployed and what the model says'))
  .option('--out <file>', 'write the plan to a file for  freehold apply')
  .addHelpText('after', example('freehold plan --env local --out plan.json'))
  .action((options: Shared & InEnvironment & { out?: string }) =>
    end(options, async (output) => (await import('./commands/plan.ts')).planCommand(options, output)),
  );

environmentVerb(verb('apply [file]', 'makes tables and views what the model (or a saved plan) says, once'))
  .addHelpText('after', example('freehold apply plan.json'))
  .action((file: string | undefined, options: Shared & InEnvironment) =>
    end(options, async (output) => (await import('./commands/apply.ts')).applyCommand(file, options, output)),
  );

environmentVerb(verb('run', 'applies, then keeps the rows moving'))
  .option('--once', 'stop when all is caught up')
  .addHelpText('after', example('freehold run --once'))
  .action((options: Shared & InEnvironment & { once?: boolean }) =>
    end(options, async (output) => (await import('./commands/run.ts')).runCommand(options, output)),
  );

environmentVerb(verb('status', 'streams, lag against promise, findings'))
  .addHelpText('after', example('freehold status --json'))
  .action((options: Shared & InEnvironment) =>
    end(options, async (output) => (await import('./commands/status.ts')).statusCommand(options, output)),
  );

environmentVerb(verb('query <workspace> <sql>', "asks through a workspace's views, as its readers' role"))
  .addHelpText('after', example('freehold query insight/steering/cockpit.dashboard "select count(*) from orders"'))
  .action((workspace: string, sql: string, options: Shared & InEnvironment) =>
    end(options, async (output) => (await import('./commands/query.ts')).queryCommand(workspace, sql, options, output)),
  );

environmentVerb(verb('verify [address]', 'source = store = replicas; exit status 1 where rows differ'))
  .addHelpText('after', example('freehold verify retail/sales/shop'))
  .action((address: string | undefined, options: Shared & InEnvironment) =>
    end(options, async (output) => (await import('./commands/verify.ts')).verifyCommand(address, options, output)),
  );

environmentVerb(verb('explain <subject>', 'why an address is planned as it is; or the page of a rule'))
  .addHelpText('after', example('freehold explain retail/sales/shop\n  freehold explain keyless-dataset'))
  .action((subject: string, options: Shared & InEnvironment) =>
    end(options, async (output) => (await import('./commands/explain.ts')).explainCommand(subject, options, output)),
  );

verb('demo', 'a living sample company through the whole pipeline, on embedded databases')
  .option('--dir <dir>', 'where the sample model and its databases are kept', 'freehold-demo')
  .option('--once', 'stop when all is caught up, and verify')
  .option('--rate <changes>', 'changes a second that the sample company makes', '50')
  .option('--postgres <url>', 'use this PostgreSQL server instead of the embedded one')
  .addHelpText('after', example('freehold demo --once --json'))
  .action((options: Shared & { dir: string; once?: boolean; rate: string; postgres?: string }) =>
    end(options, async (output) => (await import('./commands/demo.ts')).demoCommand(options, output)),
  );

type Shared = OutputOptions;
type InEnvironment = { readonly dir?: string; readonly env: string };

function verb(usage: string, description: string): Command {
  return program
    .command(usage)
    .description(description)
    .option('--json', 'one JSON document on standard output, everything human on standard error')
    .option('--quiet', 'no progress')
    .addOption(new Option('--no-color', 'plain text'))
    .exitOverride();
}

function environmentVerb(command: Command): Command {
  return command
    .option('--env <name>', 'the environment', 'local')
    .option('--dir <dir>', "the model's directory; absent: this one");
}

function inFormats(command: Command): Command {
  return command
    .addOption(new Option('--format <format>', 'how findings are told; docs/findings.md').choices(formats))
    .option('--output <file>', 'write them to a file, and text for people on standard output');
}

function example(text: string): string {
  return `\nExample:\n  ${text}\n`;
}

/** Runs a verb's work; its status is the process's, and whatever it threw becomes one message. */
async function end(options: OutputOptions, work: (output: Output) => Promise<ExitStatus>): Promise<void> {
  const output = outputOf(options);
  try {
    process.exitCode = await work(output);
  } catch (error) {
    const { status, message } = statusOf(error);
    output.document({ version: 1, error: message });
    output.problem(`${output.color.red('error')}  ${message}`);
    process.exitCode = status;
  }
}

// `freehold ... | head`: nobody reads on, which is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : 2;
  // Wrong use is told on standard error by then.
  const json = process.argv.includes('--json');
  if (error.exitCode !== 0) outputOf({ json }).document({ version: 1, error: error.message });
}
