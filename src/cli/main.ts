#!/usr/bin/env node
import { Command, CommanderError, Option } from 'commander';
import type { ApiVersion } from '../load/odcs/version.ts';
import type { ApproveOptions } from './commands/approve.ts';
import type { DoctorOptions } from './commands/doctor.ts';
import type { EraseOptions } from './commands/erase.ts';
import type { QuarantineOptions } from './commands/quarantine.ts';
import type { RecoverOptions } from './commands/recover.ts';
import type { ReviewOptions } from './commands/review.ts';
import { type ExitStatus, statusOf, UseError } from './exit.ts';
import { type FormatOptions, formats } from './format.ts';
import type { Ci } from './init/ci.ts';
import { type Output, type OutputOptions, outputOf } from './output.ts';
import type { ProposedRefs } from './review/here.ts';
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
    'postgres://user@host:5432/database or mysql://... to introspect, read-only (password from the address, PGPASSWORD or MYSQL_PWD)',
  )
  .addOption(
    new Option('--ci <forge>', 'whose files for continuous integration').choices(['github', 'gitlab', 'both', 'none']),
  )
  .option('--yaml', 'model files in YAML; absent: in TypeScript')
  .addHelpText('after', example('freehold init shop --from postgres://reader@localhost:5432/shop'))
  .action((dir: string | undefined, options: Shared & { from?: string; ci?: Ci; yaml?: boolean }) =>
    end(options, async (output) => (await import('./commands/init.ts')).initCommand(dir, options, output)),
  );

inFormats(verb('check [dir]', 'is this model right?'))
  .option('--no-cache', 'read and judge every file anew, and keep nothing')
  .addHelpText('after', example('freehold check shop\n  freehold check --format sarif --output freehold.sarif'))
  .action((dir: string | undefined, options: Shared & FormatOptions & { cache?: boolean }) =>
    end(options, async (output) => (await import('./commands/check.ts')).checkCommand(dir, options, output)),
  );

inFormats(
  verb('review', 'may this change be made? base and head are read from Git; in CI the forge says where it is from'),
)
  .requiredOption('--base <ref>', 'the tip of the protected branch')
  .option('--head <ref>', 'what is proposed; absent: the last commit, in CI the one that the forge names')
  .option(
    '--origin <place...>',
    'github.com/acme/sales-data, or github.com/user/11 for an approver: an unofficial verdict',
  )
  .option('--bootstrap', 'base has no mesh yet, and a person has looked at all of the first one')
  .option('--dir <dir>', "the model's directory; absent: this one")
  .addHelpText('after', example('freehold review --base main --origin github.com/acme/sales-data'))
  .action((options: Shared & ReviewOptions) =>
    end(options, async (output) => (await import('./commands/review.ts')).reviewCommand(options, output)),
  );

verb('approve <finding>', 'writes and signs the consent to a breaking change that a review found')
  .option('--base <ref>', 'the tip of the protected branch', 'main')
  .option('--head <ref>', 'what is proposed; absent: the last commit')
  .option(
    '--key <file>',
    'a private key, or the public one of a key that your agent holds; absent: the first that base lists',
  )
  .option('--party <party>', 'whose word it is, retail or retail/insight, where several are needed')
  .option('--reason <text>', 'why; absent: what the finding says')
  .option('--until <day>', 'the last day on which it counts, 2026-12-31; absent: in 30 days')
  .option('--entry', 'print it as an entry of the model, for the party to merge before')
  .option('--dir <dir>', "the model's directory; absent: this one")
  .addHelpText('after', example('freehold approve 0123456789 --base main --key ~/.ssh/id_ed25519'))
  .action((finding: string, options: Shared & ApproveOptions & ProposedRefs) =>
    end(options, async (output) => {
      const { approveCommand } = await import('./commands/approve.ts');
      const { reviewedHere } = await import('./review/here.ts');
      return approveCommand(finding, options, (use) => reviewedHere(options, use), output);
    }),
  );

verb('doctor <what>', 'ci: does the forge require the check, bound, not to be got around, run from base?')
  .option('--branch <name>', 'the protected branch; absent: the default one')
  .option('--check <name>', 'the name of the job that reviews', 'freehold')
  .option('--repository <place>', 'github.com/acme/mesh; absent: the remote of this clone')
  .option('--forge <kind>', 'github or gitlab, where the host does not tell')
  .option('--api <url>', "the forge's interface, where the host does not tell")
  .option('--dir <dir>', "the model's directory; absent: this one")
  .addHelpText('after', example('freehold doctor ci --repository github.com/acme/mesh'))
  .action((subject: string, options: Shared & DoctorOptions) =>
    end(options, async (output) => (await import('./commands/doctor.ts')).doctorCommand(subject, options, output)),
  );

verb('policy <what> [dir]', "test: a zone's tests of its policies, in files called policies.test.yaml")
  .addHelpText('after', example('freehold policy test shop'))
  .action((what: string, dir: string | undefined, options: Shared) =>
    end(options, async (output) => {
      if (what !== 'test') throw new UseError(`Policies can be tested:  freehold policy test.  There is no '${what}'.`);
      return (await import('./commands/policy-test.ts')).policyTestCommand(dir, output);
    }),
  );

environmentVerb(verb('plan', 'the difference between what is deployed and what the model says'))
  .option('--out <file>', 'write the plan to a file for  freehold apply')
  .addHelpText('after', example('freehold plan --env local --out plan.json'))
  .action((options: Shared & InEnvironment & { out?: string }) =>
    end(options, async (output) => (await import('./commands/plan.ts')).planCommand(options, output)),
  );

environmentVerb(verb('apply [file]', 'makes tables and views what the model (or a saved plan) says, once'))
  .option('--leave-history', 'load anew what cannot move to another store with its history')
  .addHelpText('after', example('freehold apply plan.json'))
  .action((file: string | undefined, options: Shared & InEnvironment & { leaveHistory?: boolean }) =>
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

environmentVerb(
  verb('resync <address>', "reads a stream's or a dataset's rows anew, and merges what differs as one correction"),
)
  .option('--yes', "do it: the source's rows are right, however many go; absent: say what would be done")
  .addHelpText('after', example('freehold resync retail/sales/orders --env prod --yes'))
  .action((address: string, options: Shared & InEnvironment & { yes?: boolean }) =>
    end(options, async (output) => (await import('./commands/resync.ts')).resyncCommand(address, options, output)),
  );

environmentVerb(verb('verify [address]', 'source = store = replicas; exit status 1 where rows differ'))
  .addHelpText('after', example('freehold verify retail/sales/shop'))
  .action((address: string | undefined, options: Shared & InEnvironment) =>
    end(options, async (output) => (await import('./commands/verify.ts')).verifyCommand(address, options, output)),
  );

for (const [name, what] of [
  ['pause', 'has the changes of a stream wait until it is resumed'],
  ['resume', 'has a stream go on that was paused or is parked'],
] as const)
  environmentVerb(verb(`${name} <stream>`, what))
    .option('--yes', 'do it; absent: say what would be done')
    .addHelpText('after', example(`freehold ${name} retail/sales/shop --env prod --yes`))
    .action((stream: string, options: Shared & InEnvironment & { yes?: boolean }) =>
      end(options, async (output) => (await import('./commands/pause.ts')).pauseCommand(name, stream, options, output)),
    );

environmentVerb(verb('release <stream>', 'what reads of a stream hold back, since it would delete much'))
  .option('--yes', 'let it go with the next read, once; without it nothing is changed')
  .addHelpText('after', example('freehold release retail/sales/shop --yes'))
  .action((stream: string, options: Shared & InEnvironment & { yes?: boolean }) =>
    end(options, async (output) => (await import('./commands/release.ts')).releaseCommand(stream, options, output)),
  );

environmentVerb(
  verb('quarantine <what> <address>', 'list, release or drop changes that wait since a check diverted them'),
)
  .option('--key <key...>', 'of these keys alone, as they are listed: id=5')
  .option('--check <name>', 'release: let what this check stops through, once')
  .option('--yes', 'do it; without it nothing is changed')
  .addHelpText('after', example('freehold quarantine release retail/sales/shop.orders --key id=5 --yes'))
  .action((what: string, address: string, options: Shared & QuarantineOptions) =>
    end(options, async (output) =>
      (await import('./commands/quarantine.ts')).quarantineCommand(what, address, options, output),
    ),
  );

environmentVerb(
  verb('erase <dataset>', "takes a person's rows away, with all versions, here and in replicas, and keeps them out"),
)
  .option('--key <value...>', 'keys; of several columns: their values in order, a,b')
  .option('--keys <file>', 'keys, one a line; - is standard input')
  .option('--where <column=value>', 'the keys of all rows that ever had this value')
  .option('--lift', 'lets keys that were erased come again')
  .option('--yes', 'do it; without it nothing is changed')
  .addHelpText('after', example('freehold erase retail/sales/shop.customers --key 4711 --yes'))
  .action((dataset: string, options: Shared & EraseOptions) =>
    end(options, async (output) => (await import('./commands/erase.ts')).eraseCommand(dataset, options, output)),
  );

environmentVerb(verb('explain <subject>', 'why an address is planned as it is; or the page of a rule'))
  .addHelpText('after', example('freehold explain retail/sales/shop\n  freehold explain keyless-dataset'))
  .action((subject: string, options: Shared & InEnvironment) =>
    end(options, async (output) => (await import('./commands/explain.ts')).explainCommand(subject, options, output)),
  );

verb('import <format> <file>', "a neighbour's format becomes a part of the model; formats: odcs")
  .option('--as <address>', 'of the datastore; absent: domain, team and name of the contract')
  .option('--dir <dir>', "the model's directory; absent: this one")
  .addHelpText('after', example('freehold import odcs orders.odcs.yaml --as retail/sales/orders'))
  .action((format: string, file: string, options: Shared & { as?: string; dir?: string }) =>
    end(options, async (output) => {
      known(format);
      return (await import('./commands/import.ts')).importCommand(file, options, output);
    }),
  );

verb('export <format> [addresses...]', "datastores and datasets in a neighbour's format; formats: odcs")
  .option('--out <dir>', 'a file of each; absent: all on standard output')
  .option('--dir <dir>', "the model's directory; absent: this one")
  .addOption(
    new Option('--api-version <version>', 'of the standard, where no contract says one')
      .choices(['v3.0.2', 'v3.1.0', 'v3.2.0'])
      .default('v3.1.0'),
  )
  .addHelpText('after', example('freehold export odcs retail/sales/orders --out contracts'))
  .action((format: string, addresses: string[], options: Shared & ExportOptions) =>
    end(options, async (output) => {
      known(format);
      return (await import('./commands/export.ts')).exportCommand(addresses, options, output);
    }),
  );

verb('recover <address>', 'break-glass: signs the announcement that a parent takes over what its owner left behind')
  .option('--reason <text>', 'why its owner cannot be asked; a new announcement needs one')
  .option(
    '--key <file>',
    'a private key, or a public one whose private half is in your agent; absent: the first that counts',
  )
  .option('--announced <day>', 'the day on which waiting begins; absent: today, or in 3 days where others sign too')
  .option('--until <day>', 'the last day on which it counts; absent: 30 days after waiting ends')
  .option('--dir <dir>', "the model's directory; absent: this one")
  .addHelpText('after', example("freehold recover retail/sales --reason 'the team was dissolved in March'"))
  .action((address: string, options: Shared & RecoverOptions) =>
    end(options, async (output) => (await import('./commands/recover.ts')).recoverCommand(address, options, output)),
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
type ExportOptions = { readonly dir?: string; readonly out?: string; readonly apiVersion: ApiVersion };
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

function known(format: string): void {
  if (format !== 'odcs') throw new UseError(`'${format}' is no format that is known. There is: odcs`);
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
