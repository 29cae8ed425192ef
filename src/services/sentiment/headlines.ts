import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Asset } from '../../core/asset.ts';
import { mapLimited } from '../../core/concurrency.ts';
import { asCandlecastError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import type { SourceFailure, SourceHealth } from '../../core/market.ts';
import type { FetchedHeadline, Headline } from '../../core/sentiment.ts';
import { type Clock, DAY_MS, HOUR_MS, steadyClock } from '../../core/time.ts';
import {
  createHeadlineClassifier,
  type HeadlineClassifier,
  headlineId,
  OLD_MS,
} from '../../sentiment/headline-classifier.ts';
import { STORY_WINDOW_MS } from '../../sentiment/story-index.ts';
import type { FearGreedSource, HeadlineSource } from '../../sources/source.ts';
import type { FearGreedRepository, HeadlineRepository } from '../../storage/sentiment-repository.ts';
import type { TalkRepository } from '../../storage/talk-repository.ts';
import { createTalkCounter } from './talk.ts';

/** The result of one round over the sources of headlines. */
export interface HeadlineIngestReport {
  readonly fetched: number;
  readonly added: number;
  /** Of those added, kept but not counted. */
  readonly setAside: number;
  readonly failures: readonly SourceFailure[];
}

/** Keeps the stored headlines up to date. */
export interface HeadlineIngestService {
  /**
   * Asks every source once and keeps what is new; calls during a round share it. A source that fails does not affect the others.
   * Throws `CC_DATABASE`, and the signal's reason.
   */
  ingest(signal: AbortSignal): Promise<HeadlineIngestReport>;
  /** Of every source of sentiment; from memory. */
  health(): readonly SourceHealth[];
}

/** What {@link createHeadlineIngest} works with. */
export interface HeadlineIngestOptions {
  readonly sources: readonly HeadlineSource[];
  /** Null where there is no source of the index. */
  readonly fearGreed: FearGreedSource | null;
  readonly repository: HeadlineRepository;
  readonly fearGreedRepository: FearGreedRepository;
  /** Takes how much is written in subreddits, by hour. */
  readonly talkRepository: Pick<TalkRepository, 'add'>;
  /** Coins to recognise in headlines; read again at each round. */
  readonly assets: () => readonly Asset[];
  readonly now: Clock;
  readonly logger: Logger;
}

/** Sources asked at the same time. */
const AT_ONCE = 4;
/** Headlines classified before the event loop runs again. */
const CLASSIFIED_AT_ONCE = 10;
/** Headlines stored per response and per outlet and day: more than any real feed has, so that a hostile one cannot fill the disk. */
const MAX_PER_RESPONSE = 300;
const MAX_PER_DAY = 1500;
/** The index is published once a day; while today's is missing it is asked for once an hour. */
const INDEX_EVERY_MS = HOUR_MS;
/** Days of the index that are fetched again, to fill gaps. */
const INDEX_OVERLAP_MS = 7 * DAY_MS;

/**
 * Makes the service that reads headlines and keeps them. What is new is dated with the moment it is kept, classified (coins, story, language,
 * spam) and written once.
 */
export function createHeadlineIngest(options: HeadlineIngestOptions): HeadlineIngestService {
  const { sources, fearGreed, repository, fearGreedRepository, now, logger } = options;
  const talk = createTalkCounter();
  let classifier: HeadlineClassifier | null = null;
  /** Headlines stored of each outlet per UTC day; an item repeated under new guids is not stored and does not count. */
  let taken: { readonly day: number; readonly counts: Map<string, number> } = { day: 0, counts: new Map() };
  /** When each outlet was last read: what it has without a date is only news where an answer shortly before did not have it. */
  const lastReadMs = new Map<string, number>();
  const steady = steadyClock(now);
  let indexAskedMs = Number.NEGATIVE_INFINITY;
  let underWay: Promise<HeadlineIngestReport> | null = null;

  async function currentClassifier(): Promise<HeadlineClassifier> {
    if (classifier) {
      classifier.setAssets(options.assets());
      return classifier;
    }
    const made = await createHeadlineClassifier(options.assets());
    const recent = await repository.range(now() - STORY_WINDOW_MS, now());
    for (const headline of recent) made.remember(headline);
    classifier = made;
    return made;
  }

  /** Headlines in the order of their sources, whichever answers first: the first of two that tell the same names the story. */
  async function fetchAll(signal: AbortSignal): Promise<{ fetched: FetchedHeadline[]; failures: SourceFailure[] }> {
    const failures: SourceFailure[] = [];
    const answers = await mapLimited(sources, AT_ONCE, async (source) => {
      signal.throwIfAborted();
      try {
        return (await source.fetchHeadlines(signal)).slice(0, MAX_PER_RESPONSE);
      } catch (error) {
        signal.throwIfAborted();
        failures.push(failureOf(source.name, error));
        return [];
      }
    });
    return { fetched: answers.flat(), failures };
  }

  async function keep(
    fetched: readonly FetchedHeadline[],
  ): Promise<{ added: number; setAside: number; full: string[] }> {
    const byId = new Map(fetched.map((headline) => [headlineId(headline.outlet, headline.guid), headline]));
    const known = await repository.known([...byId.keys()], now());
    const current = await currentClassifier();
    // One time for the whole round, taken after the last response: from then on the headlines can be used.
    const firstSeenMs = now();
    const quota = quotaOf(firstSeenMs);
    const full = new Set<string>();
    const fresh: Headline[] = [];
    const inOrder = [...byId].filter(([id]) => !known.has(id)).sort(([, a], [, b]) => publishedBefore(a, b));
    for (const [at, [id, headline]] of inOrder.entries()) {
      if (at % CLASSIFIED_AT_ONCE === CLASSIFIED_AT_ONCE - 1) await nextTurn();
      if (quota.isFull(headline.outlet)) {
        full.add(headline.outlet);
        continue;
      }
      const seenBefore = (lastReadMs.get(headline.outlet) ?? Number.NEGATIVE_INFINITY) >= firstSeenMs - OLD_MS;
      const classified = current.classify({ ...headline, id, firstSeenMs }, { undatedIsOld: !seenBefore });
      if (classified === null) continue;
      quota.take(headline.outlet);
      fresh.push({ ...headline, id, firstSeenMs, ...classified });
    }
    try {
      const added = await repository.add(fresh);
      noteRead(fetched, firstSeenMs);
      return { added, setAside: fresh.filter((headline) => headline.setAside !== null).length, full: [...full] };
    } catch (error) {
      // The classifier's state holds headlines that were not stored.
      classifier = null;
      throw error;
    }
  }

  /** Outlets not read for long are forgotten: one provider may name ever new ones. */
  function noteRead(fetched: readonly FetchedHeadline[], nowMs: number): void {
    for (const { outlet } of fetched) lastReadMs.set(outlet, nowMs);
    for (const [outlet, readMs] of lastReadMs) if (readMs < nowMs - OLD_MS) lastReadMs.delete(outlet);
  }

  function quotaOf(nowMs: number) {
    const day = Math.floor(nowMs / DAY_MS);
    if (taken.day !== day) taken = { day, counts: new Map() };
    const { counts } = taken;
    return {
      isFull: (outlet: string): boolean => (counts.get(outlet) ?? 0) >= MAX_PER_DAY,
      take(outlet: string): void {
        counts.set(outlet, (counts.get(outlet) ?? 0) + 1);
      },
    };
  }

  async function refreshIndex(source: FearGreedSource, signal: AbortSignal): Promise<SourceFailure | null> {
    const today = Math.floor(now() / DAY_MS) * DAY_MS;
    if (steady() - indexAskedMs < INDEX_EVERY_MS) return null;
    // All but one round a day end with this one row.
    if ((await fearGreedRepository.range(today, now())).length > 0) return null;
    const newest = (await fearGreedRepository.range(0, now())).at(-1)?.timeMs;
    indexAskedMs = steady();
    try {
      const days = await source.fetchDays(newest === undefined ? 0 : newest - INDEX_OVERLAP_MS, signal);
      await fearGreedRepository.add(days);
      return null;
    } catch (error) {
      signal.throwIfAborted();
      return failureOf(source.name, error);
    }
  }

  async function round(signal: AbortSignal): Promise<HeadlineIngestReport> {
    signal.throwIfAborted();
    const [{ fetched, failures }, indexFailure] = await Promise.all([
      fetchAll(signal),
      fearGreed ? refreshIndex(fearGreed, signal) : null,
    ]);
    const { added, setAside, full } = await keep(fetched);
    const readings = sources.flatMap((source) => source.takeReading?.() ?? []);
    await options.talkRepository.add(readings.flatMap((reading) => talk.add(reading)));
    const all = [...failures, ...(indexFailure ? [indexFailure] : []), ...full.map(tooMuch)];
    for (const failure of all) logger.warn(failure, 'a source of sentiment failed');
    logger.debug({ fetched: fetched.length, added, setAside }, 'headlines were read');
    return { fetched: fetched.length, added, setAside, failures: all };
  }

  return {
    ingest(signal) {
      underWay ??= round(signal).finally(() => {
        underWay = null;
      });
      return underWay;
    },
    health: () => [...sources.map((source) => source.health()), ...(fearGreed ? [fearGreed.health()] : [])],
  };
}

/** Of two headlines of one round, the one published earlier began the story; those without a date come last. */
function publishedBefore(a: FetchedHeadline, b: FetchedHeadline): number {
  return (a.publishedAtMs ?? Number.MAX_SAFE_INTEGER) - (b.publishedAtMs ?? Number.MAX_SAFE_INTEGER);
}

function tooMuch(outlet: string): SourceFailure {
  const reason = `${outlet} sent more than ${MAX_PER_DAY} new headlines today; the rest is left out.`;
  return { source: outlet, code: 'CC_SOURCE_TOO_LARGE', reason };
}

/** The failure of a source; storage errors are thrown on. */
function failureOf(source: string, error: unknown): SourceFailure {
  const { code, message } = asCandlecastError(error);
  if (code === 'CC_DATABASE') throw error;
  return { source, code, reason: code === 'CC_INTERNAL' ? `${source} failed in an unexpected way.` : message };
}
