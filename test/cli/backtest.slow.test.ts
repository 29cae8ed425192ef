import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type BacktestFile, runBacktest, TRADE_HEADER } from '../../src/cli/backtest.ts';
import type { BacktestReport } from '../../src/core/backtest.ts';
import type { Candle } from '../../src/core/candle.ts';
import { DAY_MS } from '../../src/core/time.ts';
import { RULES } from '../../src/ml/backtest/rules.ts';
import { candleFolder, emptyFolder } from '../support/candle-files.ts';
import { randomCandles } from '../support/candles.ts';
import { tinyModelFile } from '../support/evaluate-command.ts';

const COINS = Object.fromEntries(
  ['BTC', 'ETH', 'NEW'].map((symbol, i) => [symbol, randomCandles(700, { seed: 60 + i })]),
) as Readonly<Record<string, readonly Candle[]>>;
const SPAN = ['--from', '2021-06-01', '--to', '2021-10-31', '--no-breakers'];
type Files = Readonly<Record<string, readonly Candle[]>>;

let model = '';

async function backtest(args: readonly string[], files: Files = COINS) {
  const folder = emptyFolder();
  const [csv, json] = [join(folder, 't.csv'), join(folder, 'r.json')];
  const said = { out: '', err: '' };
  await runBacktest({
    args: ['--candles', candleFolder(files), '--model', model, '--trades', csv, '--json', json, ...args],
    now: () => Date.UTC(2026, 0, 1),
    out: { write: (text) => (said.out += text) },
    progress: { write: (text) => (said.err += text) },
    threads: 1,
  });
  const [header = '', ...lines] = readFileSync(csv, 'utf8').trimEnd().split('\n');
  const file = existsSync(json) ? (JSON.parse(readFileSync(json, 'utf8')) as BacktestFile) : null;
  return { ...said, header, lines, file, reports: file?.reports ?? [] };
}

let whole: Awaited<ReturnType<typeof backtest>>;
beforeAll(async () => {
  model = await tinyModelFile();
  whole = await backtest(SPAN);
}, 180_000);

describe('npm run backtest', () => {
  it('begins with the result in a plain sentence, and says one for every tracked rule', () => {
    expect(whole.out).toMatch(/^(After costs this rule|This rule never held)/);
    const sentences = whole.out.match(/^(After costs this rule|This rule never held).*\.$/gm) ?? [];
    expect(sentences).toEqual(whole.reports.map(({ sentence }) => sentence));
    expect(whole.reports.map(({ rule }) => rule.name)).toEqual(RULES.map(({ name }) => name));
    expect(whole.err).toContain('3 of 3 coins');
    expect(whole.out).toContain('no order was sent');
  });

  it('starts with 10,000 dollars at the first decision and ends with the last close', () => {
    for (const { equity, fromMs, toMs, n, statistics } of whole.reports) {
      expect([fromMs, toMs]).toEqual([Date.UTC(2021, 5, 1), Date.UTC(2021, 10, 1)]);
      expect(n.periods).toBe((toMs - fromMs) / DAY_MS);
      for (const series of [equity.rule, equity.hold, equity.volatilityHold, equity.coinFlip]) {
        expect(series).toHaveLength(n.periods + 1);
        expect(series[0]).toBe(10_000);
      }
      expect(statistics.totalReturn).toBeCloseTo(equity.rule.at(-1)! / 10_000 - 1, 5);
    }
  });

  it('holds what anybody would have got by buying at the next open and keeping it', () => {
    // The first decision is at 2021-06-01, the open of that day's candle; costs are 0.12 % and slippage.
    const closes = (at: number) => (candles: readonly Candle[]) => candles.find((one) => one.openTimeMs === at)!;
    const kept = Object.values(COINS).map(
      (candles) => closes(Date.UTC(2021, 9, 31))(candles).close / closes(Date.UTC(2021, 5, 1))(candles).open,
    );
    const held = whole.reports[0]!.equity.hold.at(-1)! / 10_000;
    const free = kept.reduce((sum, one) => sum + one, 0) / 3;
    expect(held).toBeLessThan(free * (1 - 0.001));
    expect(held).toBeGreaterThan(free * (1 - 0.03));
  });

  it('writes a line a trade that adds up to the account', () => {
    expect(whole.header).toBe(TRADE_HEADER);
    const of = (name: string) => whole.lines.filter((line) => line.startsWith(`${name},`));
    for (const { rule, equity } of whole.reports) {
      const profit = of(rule.name).reduce((sum, line) => sum + Number(line.split(',')[7]), 0);
      expect(equity.rule.at(-1)! - 10_000).toBeCloseTo(profit, 1);
    }
    expect(whole.lines.length).toBeGreaterThan(20);
  });

  it('writes JSON alone with --json -', async () => {
    const { out } = await backtest([...SPAN, '--rule', 'vol-target', '--symbols', 'ETH', '--json', '-']);
    const { reports, command } = JSON.parse(out) as BacktestFile;
    expect(reports.map(({ symbols, rule }) => [symbols, rule.name])).toEqual([[['ETH'], 'vol-target']]);
    expect(command).toContain('npm run backtest -- ');
    expect(reports[0]!.deflatedSharpe.variants).toBe(RULES.length);
  });

  it('leaves out what the model learnt from, and says so', async () => {
    const { reports, err } = await backtest(['--rule', 'vol-target', '--from', '2020-06-01']);
    expect(reports[0]!.fromMs).toBe(Date.UTC(2021, 3, 1));
    expect(reports[0]!.notes).toEqual(['The model learnt from candles until 2021-03-31; only later ones count.']);
    expect(err).toContain('only later ones count');
  });

  it('refuses when nothing else is left', async () => {
    const early = backtest(['--from', '2020-06-01', '--to', '2021-03-01']);
    await expect(early).rejects.toMatchObject({ code: 'CC_IN_SAMPLE' });
  });

  it.each([
    [['--interval', '2d'], 'CC_USAGE'],
    [['--horizon', '4h'], 'CC_USAGE'],
    [['--fee', 'much'], 'CC_USAGE'],
    [['--delay', '1.5'], 'CC_USAGE'],
    [['--capital', '0'], 'CC_USAGE'],
    [['--from', '2021-02-31'], 'CC_USAGE'],
    [['--from', '2022-01-01', '--to', '2021-01-01'], 'CC_USAGE'],
    [['--orders', 'yes'], 'CC_USAGE'],
    [['--rule', 'moon'], 'CC_UNKNOWN_RULE'],
    [['--symbols', 'XYZ', ...SPAN], 'CC_FILE'],
  ])('refuses %j', async (args, code) => {
    await expect(backtest(args)).rejects.toMatchObject({ code });
  });

  it('makes less when trading costs more, and pays what it says', async () => {
    const dear = await backtest([...SPAN, '--fee', '0.01']);
    dear.reports.forEach(({ statistics }, i) => {
      const cheap = whole.reports[i]!.statistics;
      if (cheap.turnover < 1) return;
      expect(statistics.totalReturn).toBeLessThan(cheap.totalReturn);
      expect(statistics.costs.fees).toBeGreaterThan(3 * cheap.costs.fees);
    });
  });

  it('holds every decision back by --delay candles', async () => {
    const late = await backtest([...SPAN, '--delay', '5']);
    const opened = ({ trades }: Pick<BacktestReport, 'trades'>) => Math.min(...trades.map(({ openedMs }) => openedMs));
    const of = (reports: BacktestFile['reports']) => reports.find(({ rule }) => rule.name === 'vol-target')!;
    expect(opened(of(late.reports)) - opened(of(whole.reports))).toBe(5 * DAY_MS);
    expect(of(late.reports).options.delayCandles).toBe(5);
  });
});

describe('a future planted into every file', () => {
  const planted = Date.UTC(2021, 7, 15);
  const change = (candle: Candle): Candle => ({
    ...candle,
    open: candle.open * 3,
    high: candle.high * 4,
    low: candle.low / 2,
    close: candle.close * 3,
    volume: 1,
  });

  it('changes no trade and no cent before it', async () => {
    const files = Object.fromEntries(
      Object.entries(COINS).map(([symbol, candles]) => [
        symbol,
        candles.map((candle) => (candle.openTimeMs >= planted ? change(candle) : candle)),
      ]),
    );
    const after = await backtest(SPAN, files);
    const closed = (lines: readonly string[]) =>
      lines.filter((line) => line.split(',')[4] !== '' && Date.parse(line.split(',')[4]!) < planted);
    expect(closed(after.lines)).toEqual(closed(whole.lines));
    expect(closed(whole.lines).length).toBeGreaterThan(10);
    const rows = (planted - Date.UTC(2021, 5, 1)) / DAY_MS + 1;
    after.reports.forEach(({ equity }, i) => {
      expect(equity.rule.slice(0, rows)).toEqual(whole.reports[i]!.equity.rule.slice(0, rows));
      expect(equity.hold.slice(0, rows)).toEqual(whole.reports[i]!.equity.hold.slice(0, rows));
    });
    expect(after.reports[0]!.equity.hold.at(-1)).not.toBe(whole.reports[0]!.equity.hold.at(-1));
  });
});
