/**
 * DuckDB's driver decodes texts with a TextDecoder that swallows a leading U+FEFF, which is a character like any other in
 * a column. Imported before the driver, in the owner's process alone: decoders made from here on keep it.
 */
globalThis.TextDecoder = class extends TextDecoder {
  constructor(label?: string) {
    super(label, { ignoreBOM: true });
  }
};

export {};
