import type { Clock } from '../core/time.ts';
import type { FitProgress } from '../ml/train/fit-member.ts';
import type { TrainProgress } from '../ml/train/progress.ts';
import { signed } from './text-table.ts';

const BAR_WIDTH = 24;
/** Where there is no terminal, one line at most this often. */
const LINE_EVERY_MS = 10_000;

/** Where progress goes: a terminal that can rewrite its line, or a log. */
export interface ProgressOutput {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

/** A bar on a terminal; elsewhere plain lines, a new one at once when `part` changes. Call `end` before printing anything else. */
export interface ProgressBar {
  /** `done` is a share in [0, 1]. */
  show(done: number, text: string, part: string): void;
  end(): void;
}

/** Makes a progress bar. The start of `firstPart` gets no line of its own in a log. */
export function createProgressBar(output: ProgressOutput, now: Clock, firstPart: string | null = null): ProgressBar {
  let lineMs = now();
  let shown = firstPart;
  return {
    show(done, text, part) {
      const line = `${Math.round(done * 100)} % ${text}`;
      if (output.isTTY) {
        const filled = Math.round(done * BAR_WIDTH);
        output.write(`\r\x1b[2K${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ${line}`);
        return;
      }
      if (part === shown && now() - lineMs < LINE_EVERY_MS) return;
      shown = part;
      lineMs = now();
      output.write(`${line}\n`);
    },
    end() {
      if (output.isTTY) output.write('\r\x1b[2K');
    },
  };
}

/** Shows how many of something are done, and the time left. */
export function createCountProgress(
  output: ProgressOutput,
  now: Clock,
  what: string,
): { show(done: number, of: number): void; end(): void } {
  const startedMs = now();
  const bar = createProgressBar(output, now, 'some');
  return {
    show(done, of) {
      const left = done > 0 ? `, ${secondsText(((now() - startedMs) / 1000 / done) * (of - done))} left` : '';
      bar.show(of > 0 ? done / of : 1, `${done} of ${of} ${what}${left}`, done < of ? 'some' : 'all');
    },
    end: bar.end,
  };
}

/** Shows the progress of training, each phase and net as a part. */
export function createTrainProgress(
  output: ProgressOutput,
  now: Clock,
): { show(progress: TrainProgress): void; end(): void } {
  const bar = createProgressBar(output, now);
  return {
    show: (progress) =>
      bar.show(progress.done, trainProgressText(progress), `${progress.phase}${progress.part}${progress.member}`),
    end: bar.end,
  };
}

/** What training is doing: phase and net, loss, validation skill, speed, time left. */
export function trainProgressText(progress: TrainProgress): string {
  if (progress.phase === 'features') return 'making features';
  const what = progress.phase === 'evaluation' ? 'out-of-sample refit for the evaluation' : 'training';
  const again = progress.part === 'refit' ? ' with the newest candles' : '';
  const parts = [
    ...(progress.part === 'trees'
      ? [`${what}, trees`]
      : [
          `${what}, net ${progress.member + 1}/${progress.members}${again}, check ${progress.check + 1}`,
          ...fitProgressTexts(progress),
        ]),
    progress.secondsLeft === null ? null : `at most ${secondsText(progress.secondsLeft)} left`,
  ];
  return parts.filter((part) => part !== null).join(' · ');
}

/** Where the fitting of one net stands: loss, validation skill, speed. */
export function fitProgressTexts({ meanLoss, skillPct, samplesPerSecond }: FitProgress): string[] {
  return [
    `loss ${meanLoss.toFixed(4)}`,
    ...(skillPct === null ? [] : [`skill ${signed(skillPct, 2, '-')} %`]),
    `${Math.round(samplesPerSecond).toLocaleString('en')} samples/s`,
  ];
}

/** `1 h 02 min`, `3 min 05 s`, `12 s`. */
export function secondsText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (n: number) => String(n).padStart(2, '0');
  if (whole >= 3600) return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
  if (whole >= 60) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${whole} s`;
}
