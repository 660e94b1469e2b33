/** Text that is HTML already. Nothing else gets into a page without being escaped. */
export interface Html {
  readonly html: string;
}

/** What may stand in a template: text is escaped, lists are put together, `undefined` and `false` are nothing. */
export type Part = string | number | Html | readonly Html[] | undefined | false;

/** HTML from a template: every value that is not {@link Html} is escaped, in text as in quoted attributes. */
export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  let written = texts[0] ?? '';
  for (const [index, part] of parts.entries()) {
    written += textOf(part) + (texts[index + 1] ?? '');
  }
  return { html: written };
}

/** A constant of this program, such as its own style sheet, that is put in as it is. */
export function verbatim(text: string): Html {
  return { html: text };
}

function textOf(part: Part): string {
  if (part === undefined || part === false) return '';
  if (typeof part === 'number') return String(part);
  if (typeof part === 'string') return escaped(part);
  if ('html' in part) return part.html;
  return part.map((one) => one.html).join('');
}

/** The five characters that mean something in HTML; control characters, which it does not allow, become spaces. */
function escaped(text: string): string {
  return text
    .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
    .replace(/[^\P{Cc}\n\t]/gu, ' ');
}
