import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Candle } from '../../src/core/candle.ts';

/** Makes an empty folder that nobody else uses. */
export const emptyFolder = () => mkdtempSync(join(tmpdir(), 'candlecast-test-'));

/** Writes `SYMBOL.csv` files as `--candles` takes them into a new folder and returns it. */
export function candleFolder(files: Readonly<Record<string, readonly Candle[]>>): string {
  const folder = emptyFolder();
  for (const [symbol, candles] of Object.entries(files)) {
    const rows = candles.map(
      ({ openTimeMs, open, high, low, close, volume }) =>
        `${new Date(openTimeMs).toISOString()},${open},${high},${low},${close},${volume}`,
    );
    writeFileSync(join(folder, `${symbol}.csv`), `timestamp,open,high,low,close,volume\n${rows.join('\n')}\n`);
  }
  return folder;
}
