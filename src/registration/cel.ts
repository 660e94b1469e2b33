/** The few forms of CEL (https://cel.dev) that the conditions are made of, as text of one or more lines. */

/** A string. CEL reads every escape that JSON writes (its language definition, "String and Bytes Values"). */
export function quoted(text: string): string {
  return JSON.stringify(text);
}

/** `value in ["a", "b"]`. */
export function isOneOf(value: string, texts: readonly string[]): string {
  return `${value} in [${texts.map(quoted).join(', ')}]`;
}

/** All of the terms; true where there is none. */
export function all(terms: readonly string[]): string {
  return terms.length === 0 ? 'true' : terms.join(' && ');
}

/** One of the terms, each on a line of its own; false where there is none. `&&` binds closer than `||`. */
export function any(terms: readonly string[]): string {
  return terms.length === 0 ? 'false' : terms.join('\n|| ');
}

/** The expression in parentheses, indented. */
export function group(expression: string): string {
  return `(\n${expression.replaceAll(/^/gm, '  ')}\n)`;
}
