/** `skipped`: not asked for by the settings, or of no use without something else. */
export type CheckState = 'ok' | 'warning' | 'failed' | 'skipped';

/** One line of `npm run doctor`. */
export interface DoctorCheck {
  readonly name: string;
  readonly state: CheckState;
  /** One plain sentence without secrets. */
  readonly message: string;
  /** What to do about it; null where there is nothing to do. */
  readonly remedy: string | null;
}

/** What `npm run doctor` found. */
export interface DoctorReport {
  /** False when a check failed; warnings and skipped checks do not count. */
  readonly ok: boolean;
  readonly version: string;
  readonly checkedAtMs: number;
  readonly checks: readonly DoctorCheck[];
}
