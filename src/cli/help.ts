import { type Flag, optionsOf, settingsTree } from '../settings/index.ts';
import type { Command } from './command.ts';

/** The longest line of help. */
const width = 100;

/** Returns how a command is called and what it and its own flags do. */
export function ownHelp({ usage, help, flags, exitCodes }: Command): string {
  const own = [...flags].map(([name, flag]) => flagText(name, flag)).join('\n');
  const paragraphs = [`Usage: autoscrape ${usage}`, filled(help), own, filled(exitCodes ?? '')];
  return `${paragraphs.filter((text) => text !== '').join('\n\n')}\n`;
}

/** Returns what `--help` prints: of `serve` the settings too, which others take as well, and seldom need. */
export function helpOf(command: Command): string {
  if (!command.settings) return ownHelp(command);
  if (!/^serve\b/.test(command.usage)) {
    const more =
      'It takes the settings too, each as a flag, and --config FILE with them: autoscrape serve --help.';
    return `${ownHelp(command)}\n${filled(more)}\n`;
  }
  const settings = optionsOf(settingsTree()).map(({ flag, fallback, about }) => {
    const usual = fallback === undefined ? '' : ` (${valueText(fallback)})`;
    return [`  --${flag}${usual}`, ...lines(about.description)].join('\n');
  });
  return [
    ownHelp(command),
    'Settings, each with its default; docs/settings.md tells more:',
    '',
    '  --config\n      A file with settings (YAML).',
    ...settings,
    '',
  ].join('\n');
}

/** Paragraphs in lines of at most {@link width} characters; what is indented stays as it is. */
function filled(text: string): string {
  return text
    .split('\n\n')
    .map((paragraph) =>
      /^ /m.test(paragraph) ? paragraph : broken(paragraph.replaceAll('\n', ' '), '').join('\n'),
    )
    .join('\n\n');
}

function flagText(name: string, { short, values, value, usual, about }: Flag): string {
  const called = value ?? (Array.isArray(values) ? values.join('|') : '');
  const start = [
    short === undefined ? `--${name}` : `-${short}, --${name}`,
    called,
    usual === undefined ? '' : `(${usual})`,
  ];
  return [`  ${start.filter((text) => text !== '').join(' ')}`, ...lines(about)].join('\n');
}

/** A text in indented lines. */
function lines(text: string): string[] {
  return broken(text, ' '.repeat(6));
}

function broken(text: string, indent: string): string[] {
  const all: string[] = [];
  for (const word of text.split(' ')) {
    const last = all.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) all.push(indent + word);
    else all[all.length - 1] = `${last} ${word}`;
  }
  return all;
}

function valueText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
