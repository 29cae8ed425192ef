/** Spreads work over turns of the event loop, so that a thousand interactions at once do not keep it from its sockets. */
export interface Pacing {
  /** Resolves when it is time to acknowledge an interaction: at once, or some turns later while many are waiting. */
  acknowledge(): Promise<void>;
  /** Resolves when it is time to work on an answer: after the acknowledgements that wait, yet one each turn. */
  answer(): Promise<void>;
}

/** How many begin in one turn of the event loop; each takes about a millisecond of it. */
const PER_TURN = 8;

/** Makes a pacing. Where little is going on, nothing waits. */
export function createPacing(perTurn = PER_TURN, nextTurn: (run: () => void) => void = setImmediate): Pacing {
  const acknowledgements: (() => void)[] = [];
  const answers: (() => void)[] = [];
  let begun = 0;
  let scheduled = false;

  function turn(): void {
    scheduled = false;
    const first = acknowledgements.splice(0, perTurn);
    const second = answers.splice(0, Math.max(1, perTurn - first.length));
    begun = first.length + second.length;
    if (begun > 0) schedule();
    for (const begin of [...first, ...second]) begin();
  }

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    nextTurn(turn);
  }

  function enter(queue: (() => void)[]): Promise<void> {
    schedule();
    if (begun < perTurn && acknowledgements.length === 0 && answers.length === 0) {
      begun++;
      return Promise.resolve();
    }
    return new Promise((begin) => queue.push(begin));
  }

  return { acknowledge: () => enter(acknowledgements), answer: () => enter(answers) };
}
