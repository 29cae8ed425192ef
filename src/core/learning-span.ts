/** What a model learnt from: origins before `fitUntilMs`, with those from there to `stopUntilMs`, where there are any, deciding only when to stop. */
export interface LearningSpan {
  readonly fitUntilMs: number;
  readonly stopUntilMs: number;
  /** Where those that decided were learnt from too in the end: the first of them. */
  readonly stopFromMs?: number | null | undefined;
}

/** The same in words, with the dates as the place they are read in writes them. */
export function learningSpanText(
  { fitUntilMs, stopUntilMs, stopFromMs }: LearningSpan,
  date: (ms: number) => string,
): string {
  const learnt = `learnt from candles to ${date(fitUntilMs)}`;
  if (fitUntilMs < stopUntilMs) return `${learnt}, stopped on candles to ${date(stopUntilMs)}`;
  return typeof stopFromMs === 'number'
    ? `${learnt}, those since ${date(stopFromMs)} only after they had decided when to stop`
    : learnt;
}
