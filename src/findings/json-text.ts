/**
 * One JSON document, indented, ending with a newline: a value that any reader gets back as it was. What could steer a
 * terminal or the CI system that shows it (control, bidi and invisible characters, `##[command]`) is an escape of JSON.
 */
export function jsonText(value: unknown, replacer?: (key: string, value: unknown) => unknown): string {
  const text = JSON.stringify(value, replacer, 2);
  return `${text.replace(steering, escapedUnits)}\n`;
}

const steering =
  /[\u007f-\u009f\p{Cf}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]|(?<=##[a-z.]*)\[/giu;

function escapedUnits(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}
