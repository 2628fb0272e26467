/** What the demo's screen shows at one moment: all of it as values, so that the text can be tested. */
export type Scene = {
  readonly title: string;
  readonly elapsedMs: number;
  readonly streams: readonly StreamLine[];
  readonly groups: readonly GroupLine[];
  /** What went wrong last, or null. */
  readonly problem: string | null;
  /** Commands worth typing now. */
  readonly hints: readonly { readonly command: string; readonly why: string }[];
};

export type StreamLine = {
  readonly address: string;
  readonly mode: string;
  readonly ordinal: bigint;
  readonly rows: number;
  readonly rowsPerSecond: number;
  readonly freshMs: number | null;
  readonly promisedMs: number | null;
};

export type GroupLine = {
  readonly address: string;
  readonly engine: string;
  readonly freshMs: number | null;
  readonly promisedMs: number | null;
};

type Paint = {
  readonly dim: (t: string) => string;
  readonly green: (t: string) => string;
  readonly yellow: (t: string) => string;
  readonly bold: (t: string) => string;
};

/** The lines of the screen, none wider than `columns`. */
export function sceneLines(scene: Scene, columns: number, paint: Paint): string[] {
  const widest = Math.max(
    ...scene.streams.map((s) => s.address.length),
    ...scene.groups.map((g) => g.address.length),
    10,
  );
  const first = Math.min(widest, Math.max(20, columns - 57));
  const cell = (text: string, width: number) => cut(text, width).padEnd(width);
  const right = (text: string, width: number) => cut(text, width).padStart(width);
  const kept = (freshMs: number | null, promisedMs: number | null) =>
    freshMs === null
      ? paint.dim('loading')
      : promisedMs !== null && freshMs > promisedMs
        ? paint.yellow('late')
        : paint.green('ok');
  const lines = [
    `${paint.bold(scene.title)}  ${paint.dim(durationText(scene.elapsedMs))}`,
    '',
    paint.dim(
      `${cell('stream', first)}  ${right('rows moved', 11)} ${right('rows/s', 7)} ${right('ordinal', 9)} ${right('fresh', 7)} ${right('promise', 7)}`,
    ),
    ...scene.streams.map(
      (s) =>
        `${cell(s.address, first)}  ${right(s.rows.toLocaleString('en'), 11)} ${right(String(Math.round(s.rowsPerSecond)), 7)} ` +
        `${right(s.ordinal.toLocaleString('en'), 9)} ${right(freshText(s.freshMs), 7)} ${right(durationText(s.promisedMs), 7)} ${kept(s.freshMs, s.promisedMs)}`,
    ),
    '',
    paint.dim(`${cell('served to', first)}  ${cell('on', 28)}  ${right('fresh', 7)} ${right('promise', 7)}`),
    ...scene.groups.map(
      (g) =>
        `${cell(g.address, first)}  ${cell(g.engine, 28)}  ${right(freshText(g.freshMs), 7)} ${right(durationText(g.promisedMs), 7)} ${kept(g.freshMs, g.promisedMs)}`,
    ),
    '',
  ];
  if (scene.problem !== null) lines.push(paint.yellow(cut(scene.problem, columns)), '');
  lines.push(paint.dim('In another terminal:'));
  for (const hint of scene.hints) lines.push(`  ${hint.command}`, `    ${paint.dim(cut(hint.why, columns - 4))}`);
  lines.push('', paint.dim('Ctrl-C stops what was started here, and nothing else.'));
  return lines;
}

function freshText(ms: number | null): string {
  if (ms === null) return '-';
  return ms < 10_000 ? `${(Math.max(0, ms) / 1000).toFixed(1)} s` : durationText(ms);
}

/** `45 s`, `3 m`, `1 h`: one unit is enough on a screen. */
export function durationText(ms: number | null): string {
  if (ms === null) return '-';
  if (ms < 60_000) return `${Math.round(ms / 1000)} s`;
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} m`;
  return `${Math.round(ms / 3_600_000)} h`;
}

function cut(text: string, width: number): string {
  const letters = Array.from(text);
  return letters.length <= width ? text : `${letters.slice(0, Math.max(0, width - 1)).join('')}…`;
}
