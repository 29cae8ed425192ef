import { expect, test } from 'vitest';
import { HOUR_MS } from '../../src/core/time.ts';
import { withDetails } from '../../src/render/forecast/forecast-details.ts';
import { forecastReply } from '../../src/render/forecast/forecast-embed.ts';
import { replyText } from '../../src/render/text.ts';
import { ENGLISH, plainNote } from '../support/english.ts';
import { believableReport, ORIGIN_MS } from './forecast/believable-report.ts';

test('writes a forecast with its details for a terminal', () => {
  const report = believableReport({ simulated: true });
  const full = {
    ...report,
    notes: [...report.notes, plainNote('gaps', '2 candles are missing, and left_out.', 'info')],
  };
  const reader = { translator: ENGLISH };
  const reply = withDetails(forecastReply(full, Uint8Array.of(1), reader), full, null, reader);
  expect(replyText(reply, ORIGIN_MS + HOUR_MS)).toMatchInlineSnapshot(`
    "SIMULATED: Bitcoin (BTC) · $98,123 · +1.0 % in 24 hours
    ───────────────────────────────────────────────────────
    Likely (8 in 10) by 2026-11-22 00:00 UTC: $94,769 to $101,554
    Up or down: a coin toss (51 %). More restless than usual.
    Such ranges held 80 % of the time (tried on past prices, not live).
    ⚠️ Simulated market: these prices are made up.

    Not investment advice

    Details, 1 day ahead
    ────────────────────

    Price now             $98,123
                          2026-11-21 00:00 UTC, simulated
    Median                $98,202 (+0.08 %)
                          in 23 hours
    P(up)                 51 %
    Ranges at the target  50 % $96,470 to $99,864 (−1.7 % to +1.8 %)
                          80 % $94,769 to $101,554 (−3.4 % to +3.5 %)
                          95 % $92,546 to $103,855 (−5.7 % to +5.8 %)
    Expected volatility   2.6 %, 1.3 × usual
    Model                 1d-2026-11-01
                          trained 20 days ago, data until 2026-10-31
    Candles from          simulated, fetched 58 minutes ago
    Track record          Evaluation on past data, not live: error 1.6 % lower than climatology
                          (95 % interval 0.9 % to 2.3 % lower).
                          The 80 % range held 79.6 % of outcomes. n = 12,345, 14 coins, 2024-01-01
                          to 2026-06-30.
    Notes                 ⚠️ SIMULATED: these prices are invented for trying things out. They are
                          not the market.
                          • 2 candles are missing, and left_out.

    forecast.png: SIMULATED: Fan chart of BTC from 21 Nov 2026, 00:00 (UTC) to 22 Nov 2026, 00:00
    (UTC): price at the start $98,123, median $98,202, 80 % range $94,769 to $101,554."
  `);
});

test('writes times in UTC and distances from now', () => {
  const at = ORIGIN_MS / 1000;
  const reply = { content: `<t:${at}> <t:${at}:f> <t:${at}:D> <t:${at}:R>`, embeds: [], files: [], components: [] };
  expect(replyText(reply, ORIGIN_MS + 2 * HOUR_MS)).toBe(
    '2026-11-21 00:00 UTC 2026-11-21 00:00 UTC 2026-11-21 2 hours ago',
  );
  expect(replyText({ ...reply, content: `<t:${at}:R>` }, ORIGIN_MS - 3 * HOUR_MS)).toBe('in 3 hours');
});

test('breaks long lines at spaces and keeps a long word whole', () => {
  const word = 'x'.repeat(120);
  const text = replyText({ embeds: [{ description: `${'word '.repeat(40)}${word}` }], files: [], components: [] }, 0);
  const lines = text.split('\n');
  expect(lines.at(-1)).toBe(word);
  expect(Math.max(...lines.slice(0, -1).map((line) => line.length))).toBeLessThanOrEqual(96);
});
