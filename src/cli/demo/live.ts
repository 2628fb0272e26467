import { setMaxListeners } from 'node:events';
import { relative } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import type { Plan } from '../../plan/plan.ts';
import { runResident } from '../../run/loop.ts';
import { recordProgress } from '../../run/progress.ts';
import { lineOf } from '../commands/run.ts';
import type { OpenEnvironment } from '../environment.ts';
import type { Output } from '../output.ts';
import { simulate } from './company/simulate.ts';
import { painter } from './painter.ts';
import { sceneLines } from './screen.ts';
import { sourceOf } from './session.ts';
import { watch } from './watch.ts';

/** The living demo: the company changes, rows move, the screen shows it, until the signal aborts. */
export async function demoLive(
  environment: OpenEnvironment,
  options: { readonly root: string; readonly changesPerSecond: number; readonly signal: AbortSignal },
  output: Output,
): Promise<void> {
  const { plan, containers, ledger } = environment;
  const startedMs = systemClock.nowMs();
  const watched = watch(plan, systemClock);
  const isTerminal = process.stdout.isTTY === true && !output.json;
  await using progress = recordProgress(ledger, systemClock, (event) => {
    watched.hear(event);
    const line = isTerminal || event.kind === 'moved' ? null : lineOf(event);
    if (line !== null) output.note(line);
  });
  await using source = await containers.connect(sourceOf(plan), 'demo');
  const ending = new AbortController();
  const signal = AbortSignal.any([options.signal, ending.signal]);
  setMaxListeners(0, signal);
  const working = Promise.all([
    runResident(plan, containers, ledger, { clock: systemClock, signal, on: progress.on }),
    simulate(source, { changesPerSecond: options.changesPerSecond, signal, clock: systemClock }),
  ]).finally(() => ending.abort());
  const hints = hintsFor(options.root, plan);
  const scene = () => ({
    title: `Freehold demo: a company that makes ${options.changesPerSecond} changes a second`,
    elapsedMs: systemClock.nowMs() - startedMs,
    streams: watched.streams(),
    groups: watched.groups(),
    problem: watched.problem(),
    hints,
  });
  if (isTerminal) {
    using screen = painter(process.stdout);
    while (!signal.aborted) {
      screen.draw(sceneLines(scene(), process.stdout.columns || 100, output.color));
      await systemClock.sleep(500, signal);
    }
  } else {
    while (!signal.aborted) {
      await systemClock.sleep(5_000, signal);
      if (signal.aborted) break;
      const { streams } = scene();
      output.note(streams.map((s) => `${s.address} ordinal ${s.ordinal}, ${s.rows} rows`).join('; '));
    }
  }
  await working;
}

function hintsFor(root: string, plan: Plan): { command: string; why: string }[] {
  const directory = relative(process.cwd(), root) || '.';
  const command = process.env.npm_lifecycle_event === 'demo' ? 'npx freehold' : 'freehold';
  const group = plan.nodes.find((node) => node.kind === 'publish');
  const view = group?.views.at(-1);
  const asked = `select * from ${view?.name} limit 5`;
  return [
    {
      command: `${command} status --dir ${directory}`,
      why: 'what runs, how fresh it is, and what was promised',
    },
    {
      command: `${command} query ${group?.group} "${asked}" --dir ${directory}`,
      why: "reads through the consumer's own view, with the consumer's rights",
    },
    { command: `${command} verify --dir ${directory}`, why: 'source = store = replicas, row by row' },
    {
      command: `${command} check ${directory}`,
      why: 'change a file there first (a key, a type, a reader) and see what it refuses',
    },
  ];
}
