/** The economy, companies' results, and brokers' words. */
export const MACRO = `
good 1 noun: profit, net profit, earning, revenue, sale, income, net income, turnover, margin, ebitda, operating profit,
  pretax profit, order, order book, output, production, gdp, economy, employment, job, payroll, export, bull, salary,
  profitability, wage, wealth, return, gain, rally, traffic, pat, subsidiary growth, order inflow, offtake, shipment
asset 0.9 =: bitcoin, bitcoins, btc, ether, eth, ethereum, crypto, cryptos, cryptocurrency, cryptocurrencies, xrp, dogecoin, doge,
  solana, sol, cardano, ada, bnb, litecoin, ltc, avax, luna, matic, shib, polkadot, usdt, usdc
good 0.9 noun: price, stock, shares =, equity, index, futures, oil, gold, altcoin, coin, token, nft, market cap, portfolio, value,
  valuation, rupee, euro, ruble, nasdaq, dow, sensex, nifty, bank, net, guidance, outlook, forecast, estimate, dividend,
  cash flow, rating, consumer confidence, consumer spending, pmi, investment, credit, consumption, fund, industry, market,
  network, ecosystem, community, sector
bad 1 noun: inflation, cpi, consumer price, price pressure, interest rate, rate, fed rate, unemployment, jobless claim,
  deficit, net loss, operating loss, loss, debt, yield, treasury yield, bond yield, dollar index, dxy, npa, bad loan, poverty,
  cost, recession risk, recession fear, fiscal deficit, trade deficit, current account deficit, tax rate, borrowing cost,
  mortgage rate, vix, stockpile, oversupply, glut, provision, expense, headwind, impairment, write off, import duty,
  margin pressure, slowdown, recession, raw material cost, input cost, crude price
-1.6: recession, stagflation, hyperinflation, inflation fear, inflation worry, rate hike fear, hawkish, rate hike, tightening,
  quantitative tightening, credit crunch, banking crisis, debt crisis, debt ceiling, default risk, downgrade, downgraded,
  cut rating, rating cut, sell rating, underweight, out of favour, get out of, proceed cautiously, take a toll,
  takes toll, lose sheen, lose shine, lose lustre, loses flavour, end lower, pull down, drag down, hit margin, hit profit,
  hit sale, hit earning, turn bitter, way behind, tax notice, crunch time, may hit profit, may hit margin, big hit,
  profit warning, net loss, operating loss, swing to loss, post loss, report loss, widening loss, profit fall, earnings miss,
  miss forecast, below estimate, below expectation, lower than expected, worse than expected, weaker than expected,
  write down, writedown, write off, impairment, oversupply, glut, weak result, weak earning, weak demand, demand concern,
  strike action, lay off, layoff, plant closure, profit plunge, loss making, going concern, market rout, global selloff,
  risk aversion, flight to safety, deficit, unemployment, jobless, shortage, shortfall, drought, slump in, cut outlook,
  cut forecast, cut guidance, lower forecast, lower outlook, reduce exposure, exit position, book profit, sell call,
  trade war, tariff war, geopolitical tension, escalation, escalate, lockdown, covid, variant, codelco,
  miss target, tighten, tightens, slowing growth, economic slowdown, drag, weigh on, weighed down, burden, sour, dampen,
  under pressure, pressure on, feel the heat, face heat, in trouble, hit by, hit hard, take a hit, bite, lag behind,
  temporary layoff, prune, non performing asset, npa, down from, decreased from, fell from, drop from
+1.6: dovish, rate cut, cut rate, rate pause, pause rate, fed pivot, soft landing, stimulus, quantitative easing,
  beat estimate, beat expectation, beat forecast, top estimate, above estimate, above expectation, better than expected,
  stronger than expected, higher than expected profit, upgrade to buy, upgrade rating, upgraded, raise outlook,
  raise guidance, raise forecast, raise target, hike target, buy rating, overweight, outperform rating, strong buy, is a buy,
  a buy, good buy, buy call, buy on dip, buy on decline, bottom fishing, multibagger, turnaround, swing to profit,
  return to profit, back to profit, turn profitable, profit rise, profit jump, record profit, record revenue, record sale,
  strong earning, strong result, strong quarter, healthy growth, robust growth, blockbuster, bumper, windfall, bullish,
  bullishness, positive outlook, upside potential, buy with target, risk appetite,
  risk on rally, rate cut hope, optimism, cost saving, synergy, profitability, positive on, up from, rose from,
  increased from, compared to loss, from loss, overtook, win order, new order, secure order, receive order, award contract,
  supply contract, long term contract, attractive, bargain, value buy, re rating, strengthen position, cost effective,
  well positioned, good time to, look good, add on dip, bottoms up, bright spot, shine, over subscribed, snaps # day fall,
  oversubscribed, outshine, do well, doing well, do very well, perform well, continue to perform, continue to deliver,
  deliver more, right time to, ideal for entering, buy on, buy at, remains positive on
-0.5: avoid =, avoids =
+0.6: bull
-0.6: bear
-0.9: sell =, sells, selling
-1.2: bearish, bearishness, negative outlook, bear case, downside risk, pessimist, cautious on, negative on, reduce position,
  layoffs, peak out, recession looms, loom, looms
+1: cheap, worst is behind
+0.8: can touch, may touch
0 =: exit poll, exit polls, red herring, extend deadline, extends deadline, extend timeline, extends timeline, target of #, target of $, tax free bond, tax free bonds, net asset value, interest income, gross margin, operating margin, break even, bond buying, buy or sell, bull and bear,
  bulls and bears, bull or bear, what is, how to buy, how do i buy, where to buy, how to, guide, review, explained, a guide,
  a look at, stock exchange, to be sold, sales manager, sale of, sell by, buyer and seller, best buy, gift card,
  credit card, debit card, central bank, cash and carry, price performance, share price, market price,
  price of
+1: beat, beats, top pick, our pick, prefer, decent, buoyed, buoyant, bonus share, bonus issue, subscribed # times,
  order worth, order from, bag contract, in demand, in favour, pick of the day, bet big, bet on
-1: ordered to pay, losing battle, brake on, put brake, no takers, few takers, dry up, dries up, evasion, leak
-0.8: pandemic, be cautious
-0.4: wait and watch
`;
