/** Forms of what was found: for people, for programs, for each CI system. */
export const formats = ['text', 'json', 'sarif', 'github', 'gitlab', 'junit', 'markdown'] as const;

export type Format = (typeof formats)[number];

/** `--format` and `--output` of a verb. */
export type FormatOptions = { readonly format?: Format; readonly output?: string };
