import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runEvaluate } from '../../src/cli/evaluate.ts';
import type { Interval } from '../../src/core/candle.ts';
import type { EvaluationReport } from '../../src/core/evaluation.ts';
import { NO_EVENTS } from '../../src/core/market-events.ts';
import { encodeModel } from '../../src/ml/model/model-file.ts';
import { writeModelFile } from '../../src/storage/model-store.ts';
import { emptyFolder } from './candle-files.ts';
import { outspoken, spoken } from './sentiment.ts';
import { tinyCoins, tinyModel } from './tiny-model.ts';

/** Last moment the model of {@link tinyModelFile} has seen. */
export const TINY_STOP_MS = Date.UTC(2021, 3, 1);

/** The same for hours. */
export const TINY_STOP_HOURS_MS = Date.UTC(2020, 0, 21);
/** What a shipped model has, or more: nets that have learnt from the stopping period too, and trees. */
const EVERYTHING = { refit: true, treeShare: [0.5, 0.5, 0.5] } as const;

/**
 * Trains a tiny model on random walks up to {@link TINY_STOP_MS}, or {@link TINY_STOP_HOURS_MS}, and writes it; returns its path.
 */
export async function tinyModelFile(interval: Interval = '1d'): Promise<string> {
  const dates = {
    '1d': { fitUntilMs: Date.UTC(2021, 0, 1), stopUntilMs: TINY_STOP_MS },
    '1h': { fitUntilMs: Date.UTC(2020, 0, 15), stopUntilMs: TINY_STOP_HOURS_MS },
  }[interval];
  const options = { interval, ...dates, ...EVERYTHING };
  const trained = await tinyModel(options, () => {}, undefined, tinyCoins(700, interval));
  const path = join(emptyFolder(), 'tiny.json');
  await writeModelFile(path, encodeModel(trained));
  return path;
}

/** The same with sentiment, its gate wide open; returns its path. */
export async function outspokenModelFile(): Promise<string> {
  const options = { fitUntilMs: Date.UTC(2021, 0, 1), stopUntilMs: TINY_STOP_MS, refit: true };
  const trained = outspoken(await tinyModel(options, () => {}, undefined, spoken(tinyCoins())));
  const path = join(emptyFolder(), 'outspoken.json');
  await writeModelFile(path, encodeModel(trained));
  return path;
}

/** One line of a file of forecasts, as text by column. */
export type ForecastLine = Readonly<Record<string, string>>;

/** What one run of the command left behind. */
export interface EvaluateRun {
  readonly report: EvaluationReport;
  readonly forecasts: readonly ForecastLine[];
  readonly out: string;
  readonly err: string;
}

/** Runs `npm run evaluate` in this process (its threads come from dist/) and reads back what it wrote. */
export async function evaluate(args: readonly string[], events = NO_EVENTS): Promise<EvaluateRun> {
  const folder = emptyFolder();
  const [csv, json] = [join(folder, 'f.csv'), join(folder, 'r.json')];
  const said = { out: '', err: '' };
  await runEvaluate({
    args: [...args, '--forecasts', csv, '--json', json],
    now: () => Date.UTC(2026, 0, 1),
    out: { write: (text) => (said.out += text) },
    progress: { write: (text) => (said.err += text) },
    threads: 1,
    events,
  });
  const [header = '', ...lines] = readFileSync(csv, 'utf8').trimEnd().split('\n');
  const names = header.split(',');
  const forecasts = lines.map((line) => Object.fromEntries(line.split(',').map((cell, i) => [names[i]!, cell])));
  return { report: JSON.parse(readFileSync(json, 'utf8')) as EvaluationReport, forecasts, ...said };
}
