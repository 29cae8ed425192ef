import type { CoinTrack } from './coin-track.ts';
import type { CoinRun } from './simulate-coin.ts';

/** All coins' accounts together, by row. */
export interface PortfolioRun {
  readonly equity: Float64Array;
  /** Size of all positions ÷ all accounts, at the close. */
  readonly exposure: Float64Array;
  readonly traded: number;
  readonly fees: number;
  readonly slippage: number;
  readonly funding: number;
}

/** Runs every coin with its own equal part of the capital; no money moves between coins. */
export function runPortfolio(
  tracks: readonly CoinTrack[],
  capital: number,
  runCoin: (track: CoinTrack, capital: number, coin: number) => CoinRun,
): PortfolioRun {
  const rows = tracks[0]?.rows ?? 0;
  const equity = new Float64Array(rows);
  const exposure = new Float64Array(rows);
  const sums = { traded: 0, fees: 0, slippage: 0, funding: 0 };
  tracks.forEach((track, coin) => {
    const run = runCoin(track, capital / tracks.length, coin);
    for (let row = 0; row < rows; row++) {
      equity[row]! += run.equity[row]!;
      exposure[row]! += Math.abs(run.position[row]!);
    }
    sums.traded += run.account.traded;
    sums.fees += run.account.fees;
    sums.slippage += run.account.slippage;
    sums.funding += run.account.funding;
  });
  for (let row = 0; row < rows; row++) exposure[row] = equity[row]! > 0 ? exposure[row]! / equity[row]! : 0;
  return { equity, exposure, ...sums };
}
