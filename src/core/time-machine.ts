/** Moves the demo's clock forward. */
export interface TimeMachine {
  /**
   * Goes forward by `ms`, running on the way what falls due; `onStep` hears the clock and the share that is done. Throws `CC_BUSY` while
   * it is moving, and `CC_USAGE` for more than a month.
   */
  forward(ms: number, onStep: (step: { readonly nowMs: number; readonly share: number }) => void): Promise<void>;
}
