import type { Manifest } from '../manifest.ts';

/** What a step of a release works with. */
export interface Release {
  readonly manifest: Manifest;
  /** The project's folder. */
  readonly root: string;
  /** Where files of the release are, and are written to. */
  readonly folder: string;
  /** The git tag that the release is made of, such as `v1.2.3`. */
  readonly tag: string;
  /** The image as it was pushed: `registry/name@sha256:…`, or with a tag. */
  readonly image: string;
  /** The path of the changelog. */
  readonly changelog: string;
}

/** An image's name in its registry, and what follows: a digest or a tag. */
export interface ImageReference {
  /** Without digest and tag. */
  readonly repository: string;
  /** `sha256:…`, or empty. */
  readonly digest: string;
  /** Empty where there is a digest alone. */
  readonly tag: string;
}

/**
 * Splits `registry:5000/name:tag@sha256:…`.
 *
 * @throws Error where there is neither a tag nor a digest: a release names one image
 */
export function imageReference(image: string): ImageReference {
  const [, repository = '', tag = '', digest = ''] =
    /^(.+?)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(image) ?? [];
  if (repository === '' || (tag === '' && digest === '')) {
    throw new Error(`--image ${JSON.stringify(image)} has neither a digest nor a tag`);
  }
  return { repository, tag, digest };
}
