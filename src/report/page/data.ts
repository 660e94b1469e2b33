import type { TargetVerdict } from '../../findings/index.ts';
import type { Coverage } from '../../planning/index.ts';
import type { ReportedFinding } from '../report.ts';

/** All that a page tells: an audit, or what a running autoscrape knows. Texts are plain, of any content. */
export interface PageData {
  /** `audit`: of one run of the command; `status`: of the process that serves it, with its last admissions. */
  readonly kind: 'audit' | 'status';
  readonly version: string;
  readonly madeAt: Date;
  /** Where the objects come from, in words. */
  readonly source: string;
  /** What a store says of all components, in one sentence; undefined where none was asked. */
  readonly headline?: string | undefined;
  /** What keeps the page from saying everything; empty where nothing does. */
  readonly gaps: readonly Gap[];
  readonly coverage: readonly Coverage[];
  readonly findings: readonly ReportedFinding[];
  /** Scrapes that are wanted and not there. */
  readonly missing: readonly MissingScrape[];
  /** What agents make of the targets that they should have; undefined where none was asked. */
  readonly targets: readonly TargetVerdict[] | undefined;
  /** The last ones, the newest first; undefined where nobody saw any. */
  readonly admissions: readonly PageAdmission[] | undefined;
}

/** Something that could not be looked at, and what would change that, where anything is known to. */
export interface Gap {
  readonly message: string;
  readonly fix: string;
}

/** A scrape that autoscrape makes where it runs. */
export interface MissingScrape {
  readonly namespace: string;
  readonly name: string;
  readonly service: string;
  readonly component: string;
}

/** One admission. */
export interface PageAdmission {
  readonly at: Date;
  readonly kind: string;
  readonly operation: string;
  readonly namespace: string;
  readonly name: string;
  readonly dryRun: boolean;
  /** Empty where the object was not recognised. */
  readonly component: string;
  readonly outcome: 'patched' | 'unchanged' | 'ignored' | 'skipped' | 'error' | 'denied';
  readonly because: string;
  /** How many operations the patch had. */
  readonly additions: number;
  /** The codes of what was found. */
  readonly findings: readonly string[];
}
