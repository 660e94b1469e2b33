/**
 * The section of one version in a changelog that follows Keep a Changelog, without its heading.
 *
 * @throws Error when the version has no section, or an empty one
 */
export function sectionOf(changelog: string, version: string): string {
  const [, ...sections] = `\n${changelog}`.split(/\n## /);
  const section = sections.find((text) => text.startsWith(`[${version}]`));
  const text =
    section
      ?.replace(/^.*\n/, '')
      .replace(/\n\[[^\]]+\]: \S+(?=\n|$)/g, '')
      .trim() ?? '';
  if (text === '')
    throw new Error(`CHANGELOG.md has no section of ${version}: rename [Unreleased]`);
  return `${text}\n`;
}
