import { changeOf } from '../../core/coin-changes.ts';

/**
 * The ticker under which a coin of a portfolio is forecast now: its new one where it was renamed one for one, so that units and prices go on.
 * A coin that is tracked under its own ticker keeps it.
 *
 * @param tracked tickers of the tracked coins
 */
export function tradedAs(symbol: string, tracked: readonly string[]): string {
  const change = tracked.includes(symbol) ? null : changeOf(symbol);
  return change?.kind === 'renamed' && change.to ? change.to.symbol : symbol;
}

/** Why coins of a portfolio go on under another ticker, or cannot go on: a sentence each, empty where nothing has changed. */
export function changesOf(symbols: readonly string[], tracked: readonly string[]): string[] {
  return symbols.flatMap((symbol) => {
    if (tracked.includes(symbol)) return [];
    const change = changeOf(symbol);
    const current = tradedAs(symbol, tracked);
    if (change && current !== symbol && tracked.includes(current))
      return [`${change.text} It goes on with ${current}.`];
    const why = change ? `${change.text} ` : '';
    const what = current === symbol ? symbol : `${symbol} (now ${current})`;
    return [`${why}${what} is not tracked any more, so its part stays as it is.`];
  });
}
