/** What a model learnt from: origins before `fitUntilMs`, with those from there to `stopUntilMs`, where there are any, deciding only when to stop. */
export interface LearningSpan {
  readonly fitUntilMs: number;
  readonly stopUntilMs: number;
}

/** The same in words, with the dates as the place they are read in writes them. */
export function learningSpanText({ fitUntilMs, stopUntilMs }: LearningSpan, date: (ms: number) => string): string {
  const learnt = `learnt from candles to ${date(fitUntilMs)}`;
  return fitUntilMs < stopUntilMs ? `${learnt}, stopped on candles to ${date(stopUntilMs)}` : learnt;
}
