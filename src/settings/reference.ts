import { type Group, type Option, settingsTree } from './options.ts';

/** All settings as a page in Markdown: `docs/settings.md`. */
export function settingsReference(): string {
  const tree = settingsTree();
  return `${introduction}\n${sections(tree).join('\n')}`;
}

const introduction = `# Settings

<!-- Made from src/settings/schema.ts by \`npm run generate\`: change that file, not this one. -->

A setting can stand in four places; the first one that has it counts:

1. a flag: \`--server-port 9443\`, \`--labels-instance=false\`, \`--components multigateway=push\`;
2. an environment variable: \`AUTOSCRAPE_SERVER_PORT=9443\`, or one of the standard variables named below;
3. the settings file (YAML) that \`--config\` or \`AUTOSCRAPE_CONFIG\` names;
4. its default.

Everything is checked at start, in each of these places. autoscrape prints all that is wrong, with file, line and
column, and ends with exit code 2 before it serves anything. Keys, flags and \`AUTOSCRAPE_…\` variables that nobody
knows are errors too; the variables that Kubernetes sets for Services are not. A variable that is empty, and a key
without a value, count as absent.

Durations are written as Go writes them (\`500ms\`, \`10s\`, \`1m30s\`), sizes as Kubernetes does (\`64Ki\`, \`7Mi\`), maps in
flags and variables as \`key=value,key=value\`.

A file with every setting at its default:

\`\`\`yaml
${example(settingsTree(), '').join('\n')}
\`\`\`
`;

function example(group: Group, indent: string): string[] {
  const own = [...group.options].map(([key, { fallback }]) =>
    fallback === undefined
      ? `${indent}# ${key}:`
      : `${indent}${key}: ${typeof fallback === 'string' ? fallback : JSON.stringify(fallback)}`,
  );
  const inner = [...group.groups].flatMap(([key, value]) => [
    `${indent}${key}:`,
    ...example(value, `${indent}  `),
  ]);
  return [...own, ...inner];
}

function sections(group: Group): string[] {
  const inner = [...group.groups.values()].flatMap(sections);
  const options = [...group.options.values()];
  if (options.length === 0) return inner;
  const title = group.path === '' ? 'At the top' : `\`${group.path}\``;
  const about = group.description === '' ? [] : [group.description, ''];
  return [[`## ${title}`, '', ...about, ...options.flatMap(entry)].join('\n'), ...inner];
}

function entry(option: Option): string[] {
  const { about, fallback } = option;
  const standard = about.standard.map(({ name, form }) =>
    form === 'milliseconds' ? `\`${name}\` (in milliseconds)` : `\`${name}\``,
  );
  const variables = [`\`${option.variable}\``, ...standard].join(', ');
  const usual = fallback === undefined ? 'none' : `\`${written(fallback)}\``;
  return [
    `### \`${option.path}\``,
    '',
    about.description,
    '',
    `- Value: ${about.expected}`,
    `- Default: ${usual}`,
    `- Flag: \`--${option.flag}\``,
    `- Environment: ${variables}`,
    ...(about.secret ? ['- Never shown in errors or logs'] : []),
    '',
  ];
}

function written(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
