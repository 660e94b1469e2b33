/** What a check came to; `unknown` where the API server did not say. */
export type CheckOutcome = 'ok' | 'warning' | 'failed' | 'unknown';

/** One thing that was looked at. */
export interface CheckResult {
  /** A stable name, such as `registration`. */
  readonly name: string;
  readonly outcome: CheckOutcome;
  /** One sentence. */
  readonly message: string;
  /** What to do about it; empty where nothing has to be done. */
  readonly fix: string;
}

/** An object as it was read: it may not be there, or nobody may know. */
export type ObjectRead<T = unknown> =
  | { readonly state: 'there'; readonly value: T }
  | { readonly state: 'missing' }
  | { readonly state: 'unknown'; readonly why: string };
