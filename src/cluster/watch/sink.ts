/** Which object of a resource; the namespace is empty for a cluster-scoped one. */
export interface ObjectName {
  readonly namespace: string;
  readonly name: string;
}

/** Where the objects of a watch go, and where they are kept. No call may throw. */
export interface Sink {
  /**
   * An object as the API server has it: new, changed, or the same as before (after a new list). It is the whole
   * parsed JSON and is let go after the call.
   */
  put(object: unknown): void;
  /**
   * An object is gone. The namespace is empty for a cluster-scoped one.
   *
   * @param resourceVersion of its deletion; undefined where a list did not bring the object any more
   */
  remove(namespace: string, name: string, resourceVersion: string | undefined): void;
  /** What the sink has from this watch. */
  held(): Iterable<ObjectName>;
  /** How many those are. */
  readonly size: number;
  /** A new list begins: what it does not bring will be removed. */
  begin?(): void;
  /** The list has been read, and what it did not bring is removed. */
  end?(): void;
}
