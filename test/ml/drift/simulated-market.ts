import { QUANTILE_LEVELS } from '../../../src/core/quantiles.ts';
import { seededRandom } from '../../../src/core/random.ts';
import { DAY_MS } from '../../../src/core/time.ts';
import { normalQuantile } from '../../../src/ml/baselines/distributions.ts';
import { emptyPeriod, type ScoredPeriod, withForecast } from '../../../src/ml/drift/scored-period.ts';

const COINS = 6;
/** Share of a coin's variance that is the market's. */
const COMMON = 0.6;
const UNIT = QUANTILE_LEVELS.map(normalQuantile);

/**
 * Days of a market whose volatility comes in clusters and whose coins move together, forecast one day ahead by a model that knows
 * the volatility but scales it by `width`, beside a climatology that knows only its mean.
 */
export function* simulatedDays(seed: number, days: number, width: (day: number) => number): Generator<ScoredPeriod> {
  const random = seededRandom(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const usual = UNIT.map((z) => 0.042 * z);
  let logVolatility = 0;
  for (let day = 0; day < days; day++) {
    logVolatility = 0.95 * logVolatility + 0.1 * normal();
    const sigma = 0.04 * Math.exp(logVolatility);
    const model = UNIT.map((z) => sigma * width(day) * z);
    const market = normal();
    let period = emptyPeriod(day * DAY_MS, 1);
    for (let coin = 0; coin < COINS; coin++) {
      const outcome = sigma * (Math.sqrt(COMMON) * market + Math.sqrt(1 - COMMON) * normal());
      period = withForecast(period, { outcome, model, climatology: usual });
    }
    yield period;
  }
}
