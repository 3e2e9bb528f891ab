// The one way in which a value becomes a word of a shell command. Pure.

/** Quotes any text without NUL, so that sh takes it for one word and looks at none of its characters. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
