/** Files that name the version in a text that people write, from the project's root. */
export const versionedFiles: readonly string[] = [
  'Dockerfile',
  'action.yml',
  'ci/gitlab.yml',
  'deploy/README.md',
  'docs/ci.md',
  'docs/install.md',
  'docs/upgrade.md',
  'docs/walkthrough.md',
];

const number = String.raw`\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?`;
const places = [
  new RegExp(`(\\bautoscrape:)${number}`, 'g'),
  new RegExp(`(^ARG VERSION=)${number}`, 'gm'),
  new RegExp(`(\\bnewTag: )${number}`, 'g'),
  new RegExp(`(\\bimage\\.tag=)${number}`, 'g'),
  new RegExp(`(^ +(?:default|REVIEW_VERSION|rev): v)${number}$`, 'gm'),
  new RegExp(`(/autoscrape(?:@|/)v)${number}`, 'g'),
];

/** The text with the version of `package.json` wherever it names an image of autoscrape. */
export function withVersion(text: string, version: string): string {
  return places.reduce((done, place) => done.replace(place, `$1${version}`), text);
}
