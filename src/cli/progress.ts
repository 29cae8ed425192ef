import type { Clock } from '../core/time.ts';
import type { FitProgress } from '../ml/train/train-member.ts';
import type { TrainProgress } from '../ml/train/train-model.ts';

const BAR_WIDTH = 24;
/** Where there is no terminal, one line at most this often. */
const LINE_EVERY_MS = 10_000;

/** Where progress goes: a terminal that can rewrite its line, or a log. */
export interface ProgressOutput {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

/** `1 h 02 min`, `3 min 05 s`, `12 s`. */
export function secondsText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (n: number) => String(n).padStart(2, '0');
  if (whole >= 3600) return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
  if (whole >= 60) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${whole} s`;
}

/** Where the fitting of one net stands: loss, validation skill, speed. */
export function fitText(progress: FitProgress): string[] {
  const { meanLoss, skillPct, samplesPerSecond } = progress;
  return [
    `loss ${meanLoss.toFixed(4)}`,
    ...(skillPct === null ? [] : [`skill ${skillPct >= 0 ? '+' : ''}${skillPct.toFixed(2)} %`]),
    `${Math.round(samplesPerSecond).toLocaleString('en')} samples/s`,
  ];
}

/** One line of progress: what is being done, loss, validation skill, speed, time left. */
export function progressLine(progress: TrainProgress): string {
  if (progress.phase === 'features') return 'making features';
  const what = progress.phase === 'evaluation' ? 'rehearsal for the evaluation' : 'training';
  const again = progress.part === 'refit' ? ' with the newest candles' : '';
  const parts = [
    ...(progress.part === 'trees'
      ? [`${what}, trees`]
      : [
          `${what}, net ${progress.member + 1}/${progress.members}${again}, look ${progress.look + 1}`,
          ...fitText(progress),
        ]),
    progress.secondsLeft === null ? null : `at most ${secondsText(progress.secondsLeft)} left`,
  ];
  return parts.filter((part) => part !== null).join(' · ');
}

/** Shows training progress as `createLineProgress` does. */
export function createProgress(
  output: ProgressOutput,
  now: Clock,
): { show(progress: TrainProgress): void; end(): void } {
  const { show, end } = createLineProgress(output, now);
  return {
    show: (progress) =>
      show(progress.done, progressLine(progress), `${progress.phase}${progress.part}${progress.member}`),
    end,
  };
}

/**
 * Shows a share that is done and a line about it: a bar on a terminal, elsewhere plain lines, a new one at once when `part` changes. Call
 * `end` before printing anything else.
 */
export function createLineProgress(
  output: ProgressOutput,
  now: Clock,
): { show(done: number, text: string, part: string): void; end(): void } {
  let lineMs = Number.NEGATIVE_INFINITY;
  let shown: string | null = null;
  return {
    show(done, text, part) {
      if (output.isTTY) {
        const filled = Math.round(done * BAR_WIDTH);
        const bar = `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)}`;
        output.write(`\r\x1b[2K${bar} ${Math.round(done * 100)} % ${text}`);
        return;
      }
      if (part === shown && now() - lineMs < LINE_EVERY_MS) return;
      shown = part;
      lineMs = now();
      output.write(`${Math.round(done * 100)} % ${text}\n`);
    },
    end() {
      if (output.isTTY) output.write('\r\x1b[2K');
    },
  };
}
