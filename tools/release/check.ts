import { sectionOf } from './changelog.ts';
import type { Release } from './options.ts';

/** What keeps a release from being made, one sentence each; empty when nothing does. */
export function releaseProblems(
  { manifest, tag }: Pick<Release, 'manifest' | 'tag'>,
  changelog: string,
): string[] {
  const { version, name, repository } = manifest;
  const problems: string[] = [];
  if (tag !== `v${version}`) {
    problems.push(
      `the tag is ${tag}, the version in package.json ${version}: the tag is to be v${version}`,
    );
  }
  try {
    sectionOf(changelog, version);
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
  }
  if (/\/OWNER\//.test(`${repository}/`) || name.startsWith('@owner/')) {
    problems.push(
      'package.json still has the placeholder OWNER in its name, homepage, repository or bugs',
    );
  }
  return problems;
}
