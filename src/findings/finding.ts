import type { FieldEdit } from '../kubernetes/index.ts';

/** `info` tells, `warning` is probably a mistake, `error` certainly is: only errors deny, and only in `deny` mode. */
export type Severity = 'info' | 'warning' | 'error';

/** The object that a finding is about. */
export interface ObjectRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** A change of one field of an object. */
export type Edit = FieldEdit & { readonly object: ObjectRef };

/** One way to put something right: all of its edits together. */
export interface FixWay {
  /** The part of the fix that says it: `write port: metrics`. */
  readonly text: string;
  readonly edits: readonly Edit[];
}

/** One statement about a scrape or a Service. Codes are listed and described in one catalogue: `finding-codes.ts`. */
export interface Finding {
  readonly code: string;
  readonly severity: Severity;
  readonly object: ObjectRef;
  /** Where in the object, as people write it: `spec.endpoints[0].port`. Empty for the whole object. */
  readonly field: string;
  /** One sentence: what is wrong, with the values seen. */
  readonly message: string;
  /** What to write or do instead, as a sentence. */
  readonly fix: string;
  /**
   * The same as changes of objects, one way after the other: any of them is meant to put it right. Absent where the fix
   * stays a text: it says what to find out or to decide, or what to do outside of these objects.
   */
  readonly ways?: readonly FixWay[];
  /** What to find out where no way stands the trial; a sentence is made of the first way where this is absent. */
  readonly otherwise?: string;
  /** True where the objects at hand prove it, whatever comes later: what `deny` mode may refuse. */
  readonly certain: boolean;
  /** Further objects of which the same is true; the message has their number. */
  readonly alike?: readonly ObjectRef[];
}

/** What is said of a code, in the documentation and by `explain`. */
export interface CodeEntry {
  readonly severity: Severity;
  /** True where no object that comes later could make it right: what `deny` mode may refuse. */
  readonly certain: boolean;
  readonly title: string;
  /** What happens and why it matters, in a few sentences of Markdown. */
  readonly explanation: string;
}
