/** Money that comes and goes: funds, whales, exchanges, liquidations; and what flows are measured by. */
export const FLOWS = `
good 1 noun: deposit, short liquidation, inflow, net inflow, demand, buying, buying pressure, accumulation, holding, allocation, reserve, aum,
  asset under management, tvl, total value locked, value locked, volume, trading volume, liquidity, market share, capital,
  open interest, long, buyer, investor interest, institutional interest, exposure, holder, hodler, subscription, bid, share
bad 1 noun: long liquidation, selling pressure, sell pressure, sell off, bank run, outflow, net outflow, redemption, liquidation,
  exchange inflow, exchange balance, short, short position, short interest, selling, supply overhang, exchange reserve,
  leverage, leverage ratio, margin call, short seller, sell order, bear
+1.5: record inflow, see inflow, inflow, net inflow, buying spree, scoop up, load up, snap up, stack sat, double down,
  add to holding, add to position, pour into, pile into, flock to, flow into, flood into, institutional demand, institutional adoption,
  short liquidation, short covering, exchange outflow, exchange outflows, leave exchange, leaving exchange, move off exchange,
  withdrawn from exchange, balance on exchange drop, supply shock, buy more, buy another #, buy # more, buy # bitcoin,
  buy # btc, purchase # bitcoin, purchase # btc, add # bitcoin, add # btc, acquire # bitcoin, acquire # btc, boost holding,
  up its stake, raise stake, hike stake, buy stake, take stake, major stake, accumulation phase, accumulation, strong demand,
  short liquidated, shorts liquidated, shorts lose, short seller lose, bears lose, bears trapped, keep buying, keeps buying, keep accumulating,
  withdrawals open, open withdrawal, reopen withdrawal, money back, whale buy, whale accumulate, long bet, bull bet
-1.5: outflow, net outflow, record outflow, see outflow, sell its bitcoin, sell bitcoin, sell btc, sell holding, sell most of,
  sold off, offload, unload, cash out, liquidation, liquidate, long liquidation, get liquidated, margin call, forced selling,
  mass liquidation, whale sell, whale dump, jump ship, flee, exodus, pull cash, pull coin, flow out, flow out of, stop withdrawal, bar withdrawal, limit withdrawal, bank run, run on the bank, pull out of, pull money,
  withdrawal halt, halt withdrawal, pause withdrawal, suspend withdrawal, freeze withdrawal, freeze account, frozen fund,
  locked fund, dump on, unstake, unlock token, token unlock, move to exchange, sent to exchange, selling spree, short bet,
  bet against, discount widen, trust discount, backwardation, supply overhang,
  low demand, lack of demand, selling pressure
-0.8: exit
-0.5: stake sale, offload stake, sell stake
+0.4: valuation
+0.5 =: to raise $, to raise #, to raise up to $, to raise about $, to raise over $, to raise fund, to raise funds, raise funds, raising funds, fund raising
+0.6: buyback, dividend, grant, bounty
+1: raise $, raise # million, secure $, secure funding, bag $, net $, land $, get $, receive $, score $, close $, snag $,
  nab $, seed funding, funding round, series a, series b, series c, seed round, close # round, close funding, invest $,
  invest # in, lead # round, led by, back by, backed by, venture fund, investment round, million fund, $ fund, grant program, unicorn,
  share buyback, token burn, burn, injection, pledge, commit $, pump # into,
  overfund, money printing, millionaire, billionaire
`;
