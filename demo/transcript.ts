/** Between these lines of the README stands what the demo printed when it was recorded. */
const begin = '<!-- The demo, as `npm run demo -- --record` wrote it. -->';
const end = '<!-- End of the demo. -->';

/** The transcript in a text; undefined where its markers are not there once each, in order. */
export function transcriptIn(readme: string): string | undefined {
  const parts = partsOf(readme);
  if (parts === undefined) return undefined;
  const block = /^\n\n```text\n(.*)\n```\n\n$/s.exec(parts.block);
  return block?.[1];
}

/**
 * The text with another transcript in it.
 * @throws when it has no place for one
 */
export function withTranscript(readme: string, transcript: string): string {
  const parts = partsOf(readme);
  if (parts === undefined) throw new Error(`there is no ${begin} and ${end} in the README`);
  return `${parts.before}${begin}\n\n\`\`\`text\n${transcript.trim()}\n\`\`\`\n\n${end}${parts.after}`;
}

function partsOf(readme: string): { before: string; block: string; after: string } | undefined {
  const [before, rest, ...more] = readme.split(begin);
  if (before === undefined || rest === undefined || more.length > 0) return undefined;
  const [block, after, ...others] = rest.split(end);
  if (block === undefined || after === undefined || others.length > 0) return undefined;
  return { before, block, after };
}
