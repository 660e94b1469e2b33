import { builtInCatalogue } from '../../src/catalogue/index.ts';
import { nodeFiles } from '../../src/cli/node-files.ts';
import { parseManifests, readManifests, type SourceFile } from '../../src/manifests/index.ts';
import { type Review, type ReviewOptions, reviewManifests } from '../../src/review/index.ts';
import type { PipelineSettings } from '../../src/settings/index.ts';
import { defaultPipelineSettings } from '../../src/settings/types.ts';

/** The manifests at some paths; throws with everything that can't be read. */
export async function readFiles(...paths: string[]): Promise<readonly SourceFile[]> {
  const read = await readManifests(paths, nodeFiles);
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  return read.files;
}

/** A file that is nowhere. */
export function fileOf(text: string, file = 'input.yaml'): SourceFile {
  const parsed = parseManifests(text, file);
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed;
}

/** The review of an input with the built-in catalogue. */
export function reviewOf(
  files: readonly SourceFile[],
  settings: PipelineSettings = defaultPipelineSettings,
): Review {
  return reviewManifests(files, reviewOptions(settings));
}

/** What decides about a review, with the built-in catalogue. */
export function reviewOptions(settings: PipelineSettings = defaultPipelineSettings): ReviewOptions {
  return {
    pipeline: { catalogue: builtInCatalogue(), settings },
    ownNamespace: 'autoscrape-system',
    defaultNamespace: 'default',
  };
}
