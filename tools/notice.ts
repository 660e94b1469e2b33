import type { BundledPackage } from './bundled-packages.ts';

/**
 * The text of `NOTICE`: each package of which code is in the bundle, and the licences that their authors want handed on
 * with it. Texts that are the same to the letter stand there once.
 */
export function noticeText(packages: readonly BundledPackage[]): string {
  const byText = new Map<string, BundledPackage[]>();
  for (const one of packages) {
    const text = one.texts.join('\n\n');
    byText.set(text, [...(byText.get(text) ?? []), one]);
  }
  const sections = [...byText].map(([text, those]) => {
    const names = those.map(({ name, version }) => `${name} ${version}`);
    return `${line}\n${names.join('\n')}\n${line}\n\n${text}\n`;
  });
  const list = packages.map(({ name, version, license }) => `${name} ${version}: ${license}\n`);
  return `${introduction}\n${list.join('')}\n${sections.join('\n')}`;
}

/**
 * The `NOTICE` of the chart, which has none of that code but installs an image that does: the packages without the
 * texts. Helm stores a chart's files with every release, and the texts are 130 kB.
 *
 * @param notice what {@link noticeText} made
 * @throws Error when it has another form
 */
export function chartNotice(notice: string): string {
  const end = notice.indexOf(`\n${line}\n`);
  if (end < 0) throw new Error('NOTICE has no licences');
  return `${notice.slice(0, end)}
The image has the texts of these licences in /app/NOTICE.
`;
}

const line = '-'.repeat(80);

const introduction = `autoscrape

This product is licensed under the Apache License, Version 2.0: see the file LICENSE.

Its bundle, executables and image contain code of the packages below, each under its own licence. The image and the
executables contain Node.js as well, whose licence is at https://github.com/nodejs/node/blob/main/LICENSE.
`;
