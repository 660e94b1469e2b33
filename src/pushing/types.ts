/** The links from a component that sends its metrics by OTLP to what takes them, in order. */
export const pushLinks = [
  'exporter',
  'address',
  'receiver',
  'protocol',
  'port',
  'path',
  'tenant',
  'credentials',
  'temporality',
] as const;

/** One link from a component that sends its metrics to what takes them. */
export type PushLink = (typeof pushLinks)[number];

/** What can be said of a link that does not certainly hold. */
export interface PushVerdict {
  /** `breaks`: nothing arrives, or not all. `unclear`: that can't be told. `unchecked`: it leads out of what is known. */
  readonly is: 'breaks' | 'unclear' | 'unchecked';
  readonly link: PushLink | '';
  /** A clause without a full stop. */
  readonly because: string;
}

/** A link that breaks. */
export function fails(link: PushLink, because: string): PushVerdict {
  return { is: 'breaks', link, because };
}

/** A link of which it can't be told whether it holds, though something speaks against it. */
export function maybe(link: PushLink, because: string): PushVerdict {
  return { is: 'unclear', link, because };
}

/** An address that leads to what is not at hand. */
export function unchecked(because: string): PushVerdict {
  return { is: 'unchecked', link: '', because };
}
