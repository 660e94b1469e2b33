import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { chartFolder } from './chart/index.ts';

/** Where the manifests are, from the project's root. */
const folder = 'deploy/kustomize';

/**
 * The plain manifests, by their path from the project's root: what the chart gives with its default values, but for
 * labels that only Helm's objects have. Of certificates, the base has the Secret that `deploy/README.md` makes; what
 * cert-manager needs goes to its overlay.
 *
 * @param helm the program
 * @param root the project's folder
 */
export async function kustomizeFiles(helm: string, root: string): Promise<Map<string, string>> {
  const rendered = (mode: string) => plainManifests(helm, root, [`certificates.mode=${mode}`]);
  const [base, managed] = await Promise.all([rendered('existingSecret'), rendered('certManager')]);
  const certificate = managed.get('cert-manager.yaml');
  if (certificate === undefined) throw new Error('the chart renders nothing for cert-manager');
  return new Map([
    ...[...base].map(([name, text]) => [`${folder}/base/${name}`, text] as const),
    [`${folder}/overlays/cert-manager/certificate.yaml`, certificate],
  ]);
}

/**
 * What the chart renders with some values, by the template that it comes from, but for labels that only Helm's objects
 * have.
 *
 * @param helm the program
 * @param root the project's folder
 * @param sets values that are not the defaults, as `--set` takes them
 */
export async function plainManifests(
  helm: string,
  root: string,
  sets: readonly string[],
): Promise<Map<string, string>> {
  const args = ['template', 'autoscrape', chartFolder, '--namespace=autoscrape-system'];
  const mine = [...args, ...sets.map((set) => `--set=${set}`)];
  return manifestsIn((await promisify(execFile)(helm, mine, { cwd: root })).stdout);
}

/** Splits what `helm template` prints by the templates that it comes from. */
function manifestsIn(rendered: string): Map<string, string> {
  const found = new Map<string, string[]>();
  for (const document of rendered.split(/^---\n/m)) {
    const [, name, text] =
      /^# Source: autoscrape\/templates\/(\S+)\n([\s\S]*)$/.exec(document) ?? [];
    if (name === undefined || text === undefined) continue;
    const own = text
      .split('\n')
      .filter((line) => !helmLabel.test(line))
      .join('\n')
      .trim();
    found.set(name, [...(found.get(name) ?? []), own]);
  }
  return new Map([...found].map(([name, parts]) => [name, `${made}\n${parts.join('\n---\n')}\n`]));
}

const helmLabel = /^ *(?:app\.kubernetes\.io\/managed-by: Helm|helm\.sh\/chart: .*)$/;
const made = `# Rendered from ${chartFolder} by \`npm run generate\`: change that chart, not this file.`;
