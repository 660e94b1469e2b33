import type { Operation } from '../admission/index.ts';
import type { Edit, Finding, ObjectRef } from '../findings/index.ts';
import type { Manifest } from '../manifests/index.ts';
import type { Coverage, WantedScrape } from '../planning/index.ts';

/** One object of the input, and what admission makes of it. */
export interface ReviewedObject {
  readonly manifest: Manifest;
  readonly ref: ObjectRef;
  /** Empty where it was not recognised as a component. */
  readonly component: string;
  /** The reason, as people read it. */
  readonly because: string;
  readonly patch: readonly Operation[];
}

/** An edit that was tried. */
export type TriedEdit = Edit & {
  /** What is there before; undefined where nothing is. */
  readonly was: unknown;
};

/** A finding with its place in the input; an empty file and line 0 for an object that is not in it. */
export interface PlacedFinding extends Omit<Finding, 'ways' | 'otherwise'> {
  /**
   * What the fix does, where it was tried: the finding is gone then, what was meant is read, and nothing that was read
   * is lost. Absent where the fix stays a text.
   */
  readonly edits?: readonly TriedEdit[];
  readonly file: string;
  readonly line: number;
}

/** A scrape of ours that is stored, and differs from what is wanted. */
export interface DifferingScrape {
  readonly namespace: string;
  readonly name: string;
  /** Where it differs, as a path. */
  readonly at: string;
}

/** What would become of the objects of an input. */
export interface Review {
  /** In the order of the input. */
  readonly objects: readonly ReviewedObject[];
  /** The scrapes that would be made, or put right. */
  readonly scrapes: readonly WantedScrape[];
  /** Those of them that are there and differ from what is wanted. */
  readonly differing: readonly DifferingScrape[];
  /** As it would be then. */
  readonly coverage: readonly Coverage[];
  /** By file and line. */
  readonly findings: readonly PlacedFinding[];
}
