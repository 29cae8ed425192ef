import type { Clock } from '../core/time.ts';
import { type ProgressOutput, secondsText } from './progress.ts';

const BAR_WIDTH = 24;
/** Where there is no terminal, one line at most this often. */
const LINE_EVERY_MS = 10_000;

/** Shows how many of something are done and the time left: a bar on a terminal, plain lines elsewhere. */
export function createCountProgress(
  output: ProgressOutput,
  now: Clock,
  what: string,
): { show(done: number, of: number): void; end(): void } {
  const startedMs = now();
  let lineMs = startedMs;
  return {
    show(done, of) {
      const share = of > 0 ? done / of : 1;
      const left = done > 0 ? `, ${secondsText(((now() - startedMs) / 1000 / done) * (of - done))} left` : '';
      const text = `${Math.round(share * 100)} % ${done} of ${of} ${what}${left}`;
      if (output.isTTY) {
        const filled = Math.round(share * BAR_WIDTH);
        output.write(`\r\x1b[2K${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ${text}`);
        return;
      }
      if (done < of && now() - lineMs < LINE_EVERY_MS) return;
      lineMs = now();
      output.write(`${text}\n`);
    },
    end() {
      if (output.isTTY) output.write('\r\x1b[2K');
    },
  };
}
