import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { must } from '../../src/base/must.ts';
import { capture } from '../../src/engines/postgres/capture.ts';
import { connect } from '../../src/engines/postgres/connection.ts';
import { run } from '../../src/flow/testing/fixture.ts';
import { captureName, tableOf } from './idle-plan.ts';
import { ours } from './ours.ts';
import { drop } from './server.ts';
import type { Setting } from './setting.ts';
import type { Verdict } from './turns.ts';

const barMb = 500;
const barShare = 0.15;

/**
 * What streams cost that have nothing to do: of one log, while the source writes something else each second, and read at an
 * interval. Memory is the most of the whole run, loading included; CPU is that of the window, when all has settled.
 */
export async function idle({ source, store, size }: Setting): Promise<readonly Verdict[]> {
  if (process.platform !== 'linux') return [{ line: 'idle      skipped: peaks are read from /proc', holds: true }];
  const verdicts: Verdict[] = [];
  for (const mode of ['cdc', 'snapshot'] as const) verdicts.push(await measured(mode));
  return verdicts;

  async function measured(mode: 'cdc' | 'snapshot'): Promise<Verdict> {
    const { streams: count, intervalMs, windowMs } = size.idle;
    const [from, to] = [await source.createDatabase('source'), await store.createDatabase('ours')];
    const ledger = await store.createDatabase('ledger');
    const room = await mkdtemp(join(tmpdir(), 'freehold-bench-'));
    await using writer = await connect(source.access(from), 'bench');
    await run(writer, 'create table public.other (id bigint generated always as identity)');
    for (let i = 0; i < count; i++)
      await run(
        writer,
        `create table public.${tableOf(i)} (id int primary key, note text);
        insert into public.${tableOf(i)} select n, 'note ' || n from generate_series(1, 100) n`,
      );
    const over = new AbortController();
    const writing = write(over.signal);
    const done = await ours({
      does: 'idle',
      source: source.access(from),
      store: store.access(to),
      directory: room,
      ledger: store.access(ledger),
      streams: { mode, count, intervalMs },
      // A read that finds nothing is asked for less and less: the fourth is what all that follow are.
      settleMs: mode === 'snapshot' ? 3 * intervalMs + 5_000 : 10_000,
      windowMs,
    }).finally(() => over.abort());
    await writing;
    if (mode === 'cdc') await must(capture.log, 'log').drop(source.access(from), captureName);
    await writer[Symbol.asyncDispose]();
    await rm(room, { recursive: true, force: true, maxRetries: 10 });
    await drop(source, from);
    for (const one of [to, ledger]) await drop(store, one);
    const { ms, cpuMs, sourceCpuMs, storeCpuMs, atSource, atStore } = must(done.idle, 'what was watched');
    const [mb, share] = [done.peakBytes / 1e6, cpuMs / ms];
    const percent = (of: number) => `${((of / ms) * 100).toFixed(1)}%`;
    const holds = mb < barMb && share < barShare;
    const line = [
      `idle ${mode}`.padEnd(16),
      `${count} streams${mode === 'snapshot' ? ` at ${intervalMs / 1000} s` : ''}: ${mb.toFixed(0)} MB, ${percent(cpuMs)} of a core`,
      `source ${percent(sourceCpuMs)}, store ${percent(storeCpuMs)}; sessions: source ${atSource}, store ${atStore}`,
      `bar ${barMb} MB, ${barShare * 100}%: ${holds ? 'holds' : 'MISSED'}`,
    ].join('  ');
    return { line, holds };

    async function write(signal: AbortSignal): Promise<void> {
      while (!signal.aborted) {
        await run(writer, 'insert into public.other default values');
        await systemClock.sleep(1_000, signal);
      }
    }
  }
}
