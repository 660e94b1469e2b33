/** Who calls, as the API server knows them: the `user` of a TokenReview. */
export interface Caller {
  readonly username: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** What the API server said, or why it could not be asked. */
export type CallerAnswer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly because: string };

/** The API server's word on callers: a TokenReview and a SubjectAccessReview. Neither rejects. */
export interface CallerReviews {
  /** Whose token it is; undefined: nobody's. */
  readonly authenticate: (token: string) => Promise<CallerAnswer<Caller | undefined>>;
  /**
   * Whether somebody may.
   *
   * @param verb an HTTP method in small letters, as RBAC has it for paths
   */
  readonly authorise: (
    caller: Caller,
    verb: string,
    path: string,
  ) => Promise<CallerAnswer<boolean>>;
}
