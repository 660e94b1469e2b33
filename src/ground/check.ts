/** One thing that readiness depends on, or that something is still waiting for. */
export interface ReadinessCheck {
  readonly name: string;
  readonly ok: boolean;
  /** What holds, in one short sentence without a full stop. */
  readonly message: string;
}
