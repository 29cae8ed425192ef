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

/** Companies: results against expectations, deals, staff, plants and products, how shares did. */
export const COMPANIES = `
good 1 noun: merger, takeover, share buyback, buyback, passenger, booking, footfall, order intake, contract win, payout, customer number, same store sales,
  like for like sales, vacancy
bad 1 noun: bad debt, loan loss, price war, cancellation, heart attack, job loss, redundancy, debt pile, cash burn, churn, overcapacity, arrears, recall, complaint, pension deficit, write down,
  writedown, pressure on margin, legal trouble, legal woe, legal cost, in loss, death, demise
+1.5: ahead of market expectation, above market expectation, land order, win order for, clinch order, ahead of expectation, ahead of forecast, ahead of estimate, ahead of target, ahead of plan, ahead of schedule, above consensus, beat consensus,
  top forecast, top expectation, top consensus, exceed expectation, exceed forecast, exceed estimate, better than feared, better than forecast,
  surprise profit, surprise rise, surprise gain, lead gainers, biggest riser, top riser, biggest gainer, best performing, back in black,
  back to growth, return to growth, win over shareholder, raise price target, price target raised, hike price target, cut to profit,
  raise to buy, raise to overweight, raise to outperform, meet main goal, meet primary endpoint, meet endpoint, meet main target
+1.2: pass test, pass stress test, pass audit, contract win, sign contract, sign agreement, sign pact, joint venture, tie up, agree deal, near deal, strike agreement, land contract,
  secure contract, clinch, cleared of, cleared to, get go ahead, given go ahead, get all clear, riser, gainer, gainers,
  successful trial, positive result, positive data, fast track, oil find, gas find, oil discovery, gas discovery, debt reduction, debt free,
  bode well, augur well, lease of life, overwhelming response, fully subscribed, special dividend, raise payout, lift payout,
  outsmart, outdo, pay off, paying off, bear fruit, turn corner, turn a corner, turned the corner, create # job, add # job
+0.8: bid speculation, takeover speculation, bid talk =, clear merger, clear takeover, clear deal, cost cutting, complete takeover, complete acquisition, complete merger, agree to buy, agree to acquire, agree to merge, take # stake,
  build # stake, takeover bid, takeover offer, takeover approach, takeover interest, takeover target, bid interest, buyout, buy out offer, bid approach, bidding war,
  open new store, open new plant, open new factory, reaffirm guidance, reiterate guidance, confirm guidance, confirm outlook, reaffirm outlook, tailwind,
  nudge up, well placed, comfortably, well received, uptake, alliance, strides, alternative to gold, catch up with, conquer, win stake, recommended offer, refinancing deal
-1.8: call in administrator, enter administration, into administration, in administration, go into liquidation, administrator, receivership
-1.5: behind market expectation, below market expectation, lose order, fail test, fail stress test, fail audit, short of expectation, short of forecast, short of estimate, short of target, below consensus, miss consensus, behind expectation, behind schedule,
  behind target, worse than feared, worse than forecast, surprise loss, surprise fall, surprise drop, surprise decline, warn on profit, warn on,
  warn over, lead losers, lead fallers, biggest faller, top faller, biggest loser, worst performing, cut price target, price target cut,
  lower price target, slash price target, miss main goal, miss endpoint, fail trial, job loss, redundancy, axe job, shed job, axe # job, cut # job,
  shed # job, cut # staff, lay off #, job at risk, oil spill, explosion, product recall, recall #, recall car, recall vehicle, recall product,
  burn cash, burn through cash, run out of money, run out of cash, running out of money, running out of cash, mis selling, accounting error,
  accounting irregularity, irregularity, misstate, cook book, cover up, deal blow, dealt blow, heavy blow, loss to widen
-1: cost it, cost them, cost $, take aim at, hot water, face pressure, new pressure, pressure from, scramble to
-1.2: cancel, on strike, pilots strike, workers strike, drivers strike, miss payment, miss repayment, close # branch, close # store, shut # branch,
  shut # store, faller, fallers, blow to, blow for, in blow to, revolt, investor revolt, shareholder revolt, row over, pay row, spat, price war, close store, close plant, close factory,
  close branch, close office, close account, shut plant, shut factory, shut store, shut branch, shut mine, store closure, mothball, squeeze margin,
  margin squeeze, margin squeezed, dog by, dogged by, mar, pummel, walkout, walk away from, profit squeeze, downbeat, bode ill, impediment,
  stumbling block, lukewarm, lukewarm response, no confidence, vote of no confidence, pay fine, pay penalty, agree to pay, to pay $ to settle, overcharge,
  overpaid, overstretched, under investigation by, suit against, suits =, face suit, file suit, reject, pay # more, pay more, shun, snub, spurn, scold, mock, ridicule
-0.8: blow, inquiry, set aside $, sets aside $, exceptional charge, one off charge, restructuring charge, debt pile, shelve, drop plan, scrap, quit market,
  exit market, pull plug on, lose patience, squeeze, step back from, scale back plan, cost overrun, delay launch
down 1.5: skid
down 1.5 tr: axe
up 1.7: treble
+0.5: merger, interim dividend, shortlist, eye bid, renew
-0.8: cut stake, reduce stake, trim stake
-0.4: restructuring, shake up, interim chief, to settle
0 =: sell nft, sells nft, sells first, sell asset, sells assets, sell assets, sell unit, sells unit, sell business, sells business, sell division, sells division, sell arm,
  sells arm, squeeze out, bid war, heart attack, discounting, blow past, blow through,
  discounts, withdrawal, withdrawals, tax software, tax solution, tax guide, tax return, tax returns, tax season, tax app, no strike
`;
