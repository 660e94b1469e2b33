import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { plainManifests } from '../generate/kustomize.ts';
import { imageReference, type Release } from './options.ts';

/**
 * The text of `install.yaml`: the namespace, and what the chart gives with its default values and one image, for
 * `kubectl apply -f`.
 *
 * @param helm the program
 */
export async function installManifest(
  helm: string,
  { root, image }: Pick<Release, 'root' | 'image'>,
): Promise<string> {
  const { repository, tag, digest } = imageReference(image);
  const sets = [`image.repository=${repository}`, `image.tag=${tag}`, `image.digest=${digest}`];
  const files = await plainManifests(helm, root, sets);
  const namespace = await readFile(join(root, 'deploy/kustomize/base/namespace.yaml'), 'utf8');
  // Each begins with a line that says what it was rendered from.
  const objects = [...files.values()].map((text) => text.replace(/^# .*\n/, '').trimEnd());
  return `${[namespace.trimEnd(), ...objects].join('\n---\n')}\n`;
}
