import { Document, visit } from 'yaml';
import { jsonText } from '../../findings/json-text.ts';
import type { JsonObject } from '../../load/odcs/merge-patch.ts';

/**
 * A contract as YAML. Texts that readers of YAML 1.1 or 1.2 take for something else (`2026-01-31`, `no`, `0o7`) stand in
 * quotes, so that everybody reads the same document. Where a text could steer a terminal, it is all JSON, which is YAML too.
 */
export function contractText(document: JsonObject): string {
  const yaml = new Document(document, { schema: 'yaml-1.1', aliasDuplicateObjects: false });
  visit(yaml, {
    Scalar: (_, scalar) => {
      if (typeof scalar.value === 'string' && /^[-+.\d]/.test(scalar.value)) scalar.type = 'QUOTE_DOUBLE';
    },
  });
  const text = yaml.toString({ lineWidth: 120 });
  return steering.test(text) ? jsonText(document) : text;
}

const steering =
  /[^\n\P{Cc}]|[\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]|##[A-Za-z.]*\[/u;
