/** A workflow command, as the runner of GitHub Actions understood it. */
export type Obeyed = {
  readonly command: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly data: string;
};

/**
 * The commands that the runner obeys in a step's output, line by line: `::command a=b::data`, after blanks, and
 * `##[command]data` anywhere; none between `::stop-commands::token` and `::token::`.
 */
export function obeyed(output: string): Obeyed[] {
  const all: Obeyed[] = [];
  let token: string | null = null;
  for (const line of output.split(/\r\n|\n|\r/)) {
    const [, command = '', said = '', data = ''] = /^\s*::([^\s:]+)(?: ([^:]*))?::(.*)$/s.exec(line) ?? [];
    if (token !== null) {
      if (command === token) token = null;
      continue;
    }
    if (command !== '') {
      const properties = said.split(',').flatMap((one) => {
        const at = one.indexOf('=');
        return at < 0
          ? []
          : [
              [
                one.slice(0, at),
                unescaped(one.slice(at + 1))
                  .replaceAll('%3A', ':')
                  .replaceAll('%2C', ','),
              ],
            ];
      });
      all.push({ command, properties: Object.fromEntries(properties), data: unescaped(data) });
      if (command === 'stop-commands') token = data;
    } else if (line.includes('##[')) all.push({ command: '##[', properties: {}, data: line });
  }
  if (token !== null) throw new Error('commands stay stopped');
  return all;
}

function unescaped(text: string): string {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
}
