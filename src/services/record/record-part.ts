import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { AccuracyQuery } from '../../core/accuracy.ts';
import { CandlecastError } from '../../core/errors.ts';
import { type Asking, createFairQueue } from '../../core/fair-queue.ts';
import { chosenHorizon, HORIZON_NAMES } from '../../core/horizon.ts';
import { EXPORT_FORMAT, type RecordPart } from '../../core/record.ts';
import { type Clock, DAY_MS } from '../../core/time.ts';
import type { AssetDirectory } from '../../market/assets.ts';
import type {
  NumberedLine,
  PartFilter,
  RecordedForecast,
  RecordPartRepository,
} from '../../storage/record-part-repository.ts';
import type { SubscriptionRepository } from '../../storage/subscription-repository.ts';

/** Files with parts of the record. */
export interface RecordPartService {
  /**
   * The forecasts of a coin, or of every coin that a server has subscribed to, of the last days, with what came of them; the newest that fit into a file.
   * Throws `CC_USAGE` where no coin is named and the server has none, `CC_UNKNOWN_SYMBOL`, `CC_STABLECOIN`, `CC_DATABASE`, `CC_BUSY`, and the signal's reason.
   */
  part(query: AccuracyQuery, guildId: string | null, asking?: Asking): Promise<RecordPart>;
}

/** What the service is built from. */
export interface RecordPartParts {
  readonly record: RecordPartRepository;
  readonly subscriptions: Pick<SubscriptionRepository, 'byGuild'>;
  readonly assets: Pick<AssetDirectory, 'resolve'>;
  /** Reads the script that verifies a part. */
  readonly verifier: () => Promise<Uint8Array>;
  readonly simulated: () => boolean;
  readonly now: Clock;
  /** Characters of rows in one file; by default 16 million. */
  readonly maxLength?: number;
}

const DEFAULT_DAYS = 60;
/** Characters of rows in one file: compressed they are half, and Discord takes ten million bytes. */
const MAX_LENGTH = 16_000_000;
/** Each holds its rows in memory. */
const TURNS = { atOnce: 1, perPerson: 1, perServer: 10, total: 40, noun: 'exports of the record' } as const;

const compressed = promisify(gzip);

/** Makes the service. */
export function createRecordPartService(parts: RecordPartParts): RecordPartService {
  const { record, subscriptions, assets, verifier, simulated, now, maxLength = MAX_LENGTH } = parts;
  const turns = createFairQueue(TURNS);

  async function coinsOf(guildId: string | null): Promise<readonly string[]> {
    const own = guildId === null ? [] : await subscriptions.byGuild(guildId);
    const symbols = [...new Set(own.flatMap((one) => one.symbols))].sort();
    if (symbols.length > 0) return symbols;
    const where = guildId === null ? 'Outside of a server' : 'In a server without subscriptions';
    throw new CandlecastError('CC_USAGE', `${where} an export is of one coin.`, {
      remedy: 'Name the coin: /accuracy symbol:BTC export:True.',
      said: { key: 'errors.exportCoin' },
      advice: { key: 'errors.exportCoinAdvice' },
    });
  }

  /** Forecasts from the newest origins on, day by day, until the file is full. */
  async function newest(filter: PartFilter, signal: AbortSignal | undefined) {
    const found: RecordedForecast[] = [];
    let length = 0;
    for (let toMs = filter.toMs; toMs > filter.fromMs; toMs -= DAY_MS) {
      signal?.throwIfAborted();
      const fromMs = Math.max(filter.fromMs, toMs - DAY_MS);
      const day = await record.forecasts({ ...filter, fromMs, toMs });
      for (const one of [...day].sort((a, b) => b.originMs - a.originMs)) {
        length += [one, ...one.marks, ...one.outcomes].reduce((sum, { line }) => sum + line.length, 0);
        if (length > maxLength) return { found, cutBeforeMs: found.at(-1)?.originMs ?? one.originMs };
        found.push(one);
      }
    }
    return { found, cutBeforeMs: null };
  }

  async function make(
    query: AccuracyQuery,
    { symbols, ofServer }: Pick<RecordPart, 'symbols' | 'ofServer'>,
    signal: AbortSignal | undefined,
  ): Promise<RecordPart> {
    const days = query.days ?? DEFAULT_DAYS;
    const toMs = now();
    const { horizon, model } = query;
    const filter: PartFilter = {
      symbols,
      ...(horizon ? { horizons: HORIZON_NAMES.filter((name) => chosenHorizon(name) === chosenHorizon(horizon)) } : {}),
      ...(model ? { model } : {}),
      fromMs: toMs - days * DAY_MS,
      toMs,
    };
    // Before the rows, so that it is not newer than what is read.
    const checkpoint = await record.newestCheckpoint();
    const { found, cutBeforeMs } = await newest(filter, signal);
    const head = {
      format: EXPORT_FORMAT,
      kind: 'candlecast-record-part',
      madeAtMs: toMs,
      simulated: simulated(),
      symbols,
      horizon: horizon ?? null,
      model: model ?? null,
      fromMs: cutBeforeMs ?? filter.fromMs,
      complete: cutBeforeMs === null,
      about:
        'Forecasts as they were recorded, then marks, outcomes and the newest checkpoint; open-data/README.md of Candlecast says what each key is. With these rows alone ' +
        'can be checked: the hash of each, when it was written, and every score, by python3 verify.py FILE. Not: that no row was left out or made anew; ' +
        'for that the whole record is needed (npm run record -- export DIR) and the head under a post.',
    };
    const lines = [
      JSON.stringify(head),
      ...inOrder(found),
      ...inOrder(found.flatMap(({ marks }) => marks)),
      ...inOrder(found.flatMap(({ outcomes }) => outcomes)),
      ...(checkpoint === null ? [] : [checkpoint.line]),
    ];
    signal?.throwIfAborted();
    const of = ofServer ? 'server' : symbols.join('-');
    return {
      name: `${simulated() ? 'SIMULATED-' : ''}record-${of}.jsonl.gz`,
      data: await compressed(`${lines.join('\n')}\n`),
      verifier: await verifier(),
      symbols,
      ofServer,
      days,
      forecasts: found.length,
      scored: found.filter(({ outcomes }) => outcomes.length > 0).length,
      cutBeforeMs,
      simulated: simulated(),
    };
  }

  return {
    async part(query, guildId, { asker, signal } = {}) {
      const of =
        query.symbol === undefined
          ? { symbols: await coinsOf(guildId), ofServer: true }
          : { symbols: [assets.resolve(query.symbol).symbol], ofServer: false };
      return turns.run({ asker, signal }, () => make(query, of, signal));
    },
  };
}

const inOrder = (lines: readonly NumberedLine[]) =>
  [...lines].sort((a, b) => a.number - b.number).map(({ line }) => line);
