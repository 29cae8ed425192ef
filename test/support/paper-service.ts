import { KNOWN_ASSETS } from '../../src/core/asset.ts';
import { CandlecastError } from '../../src/core/errors.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { seededRandom } from '../../src/core/random.ts';
import { DAY_MS } from '../../src/core/time.ts';
import { createPaperService, type PaperParts, type PaperService } from '../../src/services/paper/paper.ts';
import type { Storage } from '../../src/storage/open-storage.ts';
import { type HistoryClock, healthAt, openOf } from './paper-history.ts';

/** The paper service over a storage, with the health of the history. */
export function paperService(storage: Storage, clock: HistoryClock, changes: Partial<PaperParts> = {}): PaperService {
  return createPaperService({
    paper: storage.paper,
    ledger: storage.ledger,
    candles: storage.candles,
    assets: {
      resolve(text) {
        const found = KNOWN_ASSETS.find(({ symbol, name }) =>
          [symbol, name.toUpperCase()].includes(text.toUpperCase()),
        );
        if (!found) throw new CandlecastError('CC_UNKNOWN_SYMBOL', `There is no coin "${text}".`);
        return found;
      },
    },
    symbols: ['BTC', 'ETH', 'SOL'],
    health: async () => healthAt(Math.floor((clock.nowMs - openOf(0)) / DAY_MS)),
    announce: async () => {},
    simulated: () => false,
    now: () => clock.nowMs,
    random: seededRandom(clock.nowMs),
    logger: silentLogger,
    ...changes,
  });
}
