import type * as v from 'valibot';
import type { Treatment } from '../catalogue/index.ts';
import type { settingsSchema } from './schema.ts';

/** What the pure pipeline (recognising, planning, admission) is told. The rest of the settings belongs to the shell. */
export interface PipelineSettings {
  /** Which of the standard labels are added where they are missing. */
  readonly labels: {
    readonly name: boolean;
    readonly instance: boolean;
    readonly component: boolean;
    readonly partOf: boolean;
  };
  /** Forces a treatment for a component, whatever the catalogue says. */
  readonly components: Readonly<Record<string, Treatment>>;
  /** Pod templates of workloads with a controlling owner are touched on CREATE too. Off by default: it can cause a rollout. */
  readonly ownedTemplates: boolean;
  readonly scrapes: {
    /** `app.kubernetes.io/managed-by` of the scrapes that we make; what has it and our field manager is ours. */
    readonly managedBy: string;
    /** Further labels on the scrapes that we make, for VMAgents that select by label. */
    readonly labels: Readonly<Record<string, string>>;
    /** What admission says of scrapes: nothing, warnings, or warnings and a refusal for what is certainly wrong. */
    readonly findings: 'off' | 'warn' | 'deny';
    /** Whose scrapes may take the place of ours: the Service's namespace's, also each agent's own, or any. */
    readonly yieldTo: 'service' | 'agent' | 'any';
    /** The most scrapes of ours that are removed at once: the smaller of a number and a share, in percent of all. */
    readonly removals: { readonly atOnce: number; readonly share: number };
  };
  readonly push: {
    /** What `audit` makes of a component that sends no metrics as it is configured. */
    readonly silent: 'off' | 'info' | 'warning';
    /** The whole address to which new MultigresClusters are made to send their metrics; undefined: none is. */
    readonly endpoint?: string | undefined;
    /** Whether that is meant although the database's operator has an environment of its own for it. */
    readonly overInherited: boolean;
  };
}

export const defaultPipelineSettings: PipelineSettings = {
  labels: { name: true, instance: true, component: true, partOf: true },
  components: {},
  ownedTemplates: false,
  scrapes: {
    managedBy: 'autoscrape',
    labels: {},
    findings: 'warn',
    yieldTo: 'agent',
    removals: { atOnce: 5, share: 25 },
  },
  push: { silent: 'warning', overInherited: false },
};

/** All settings. Spans of time are in milliseconds, sizes in bytes; docs/settings.md says what each means. */
export type Settings = v.InferOutput<typeof settingsSchema>;

export type ServerSettings = Settings['server'];
export type KubernetesSettings = Settings['kubernetes'];
export type LogSettings = Settings['log'];
export type TelemetrySettings = Settings['telemetry'];

/** The field manager of everything that autoscrape applies. */
export const fieldManager = 'autoscrape';
