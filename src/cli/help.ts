import { type Flag, optionsOf, settingsTree } from '../settings/index.ts';
import type { Command } from './command.ts';

/** Returns how a command is called and what it and its own flags do. */
export function ownHelp({ usage, help, flags, exitCodes }: Command): string {
  const own = [...flags].map(([name, flag]) => flagText(name, flag)).join('\n');
  const paragraphs = [`Usage: autoscrape ${usage}`, help, own, exitCodes ?? ''];
  return `${paragraphs.filter((text) => text !== '').join('\n\n')}\n`;
}

/** Returns what `--help` prints: of a command that takes the settings these too. */
export function helpOf(command: Command): string {
  if (!command.settings) return ownHelp(command);
  const settings = optionsOf(settingsTree()).map(({ flag, fallback, about }) => {
    const usual = fallback === undefined ? '' : ` (${valueText(fallback)})`;
    return `  --${flag}${usual}\n      ${about.description}`;
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

function flagText(name: string, { short, values, value, usual, about }: Flag): string {
  const called = value ?? (Array.isArray(values) ? values.join('|') : '');
  const start = [
    short === undefined ? `--${name}` : `-${short}, --${name}`,
    called,
    usual === undefined ? '' : `(${usual})`,
  ];
  return [`  ${start.filter((text) => text !== '').join(' ')}`, ...lines(about)].join('\n');
}

const width = 118;
const indent = ' '.repeat(6);

/** A text in indented lines. */
function lines(text: string): string[] {
  const broken: string[] = [];
  for (const word of text.split(' ')) {
    const last = broken.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) broken.push(indent + word);
    else broken[broken.length - 1] = `${last} ${word}`;
  }
  return broken;
}

function valueText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
