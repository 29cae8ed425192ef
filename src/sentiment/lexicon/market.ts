/** Words for what prices do. `up` and `down` take their sign from what moves: fees that fall are good news. */
export const PRICE_MOVES = `
up 2.2: soar, surge, skyrocket, rocket, moon shot, explode higher, zoom, boom, take off, go parabolic, shoot up, spike higher,
  blast off, melt up, balloon, go vertical, moonshot
up 1.7: jump, rally, leap, spike, outperform, accelerate, propel, lift off, jump start, burst higher, roar, pop, outpace,
  catapult, turbocharge, swell, multiply, triple, quadruple
up 1.4: gain, climb, rise, advance, rebound, recover, bounce, outshine, double, go up, move up, move higher, push higher,
  head higher, trend higher, trade higher, upswing, upturn, uptick, upward, upside, run up, rip higher, strengthen,
  inch higher, intensify, grow, expand, mount, deepen, widen, heat up, pick up, extend, pump up, ramp up, bounce back,
  perk up, inch up, snap back, rise higher, march higher, power higher, ascend
up 0.9: edge up, edge higher, tick up, tick higher, nudge higher, firm up, creep up, drift higher, inch closer to $,
  crawl back, turn higher, turn positive, turn green, pare losses
up 1.8: explode #
up 0.9: break $, thaw, cross # million, crosses #, reach # million, hit # million, reach # billion, reach $, hit $, top $, cross $, surpass $, surpass, exceed, exceed $, pass $, breach $
up 1.1 tr: raise, boost, increase, hike, lift, elevate, bolster, push up, step up, jack up, enhance, fuel, drive, spur,
  reignite, revive, spark
down 2.3: plunge, crash, collapse, plummet, nosedive, crater, tank, implode, nose dive, free fall, freefall, crumble,
  go to zero, meltdown, melt down, bloodbath, obliterate, rout, evaporate, go bust, flash crash, market crash, wipe out
down 1.8: tumble, sink, slump, dive, dump, sell off, selloff, tumble lower, fall off a cliff, crumple, shed, cascade, buckle,
  get crushed, get hammered, unravel, hammer, batter
down 1.5: drop, fall, decline, slide, lose ground, weaken, retreat, go down, move down, move lower, trade lower, head lower,
  trend lower, correction, downturn, pull back, pullback, shrink, retrace, deteriorate, erode, downtrend, downswing, downside,
  downward, underperform, relapse, recede, dwindle, subside, correct lower, nurse, reverse lower, wane, fade, diminish,
  falter, worsen price, plateau lower, come down, back off, depreciate, devalue, melt, wilt
down 1.2: dip, slip, drift lower, edge lower, edge down, tick down, tick lower, soften, ease, cool, cool down, cool off, slow,
  slow down, abate, narrow, moderate, slacken, taper, stall, inch lower, turn lower, turn negative, turn red, slowdown,
  give back, sag, dent, lag, decelerate
down 1.1 tr: cut, reduce, slash, trim, curb, shed jobs, pare, decrease, minimize, minimise, alleviate, mitigate, halve,
  cut back, scale back, drag down, bring down, push down, relieve, dampen, allay, calm, soothe, quell
level 2.2: all time high, record high, new ath, new high, fresh high, new # high, fresh # high, hit high, life high,
  lifetime high, historic high, ath =, hit an all time high
level -2.2: all time low, record low, new low, fresh low, new # low, fresh # low, hit low, historic low
level 1.6: new peak, fresh peak, week high, month high, year high, record level, day high, # day high, multi year high, intraday high,
  highest level, highest since, highest price, yearly high
level -1.6: week low, month low, year low, day low, multi year low, intraday low, yearly low, lowest level, lowest since,
  lowest price, multi week low
high 1.0: higher =, high, highest =, record =, rising =
low 1.0: lower =, low, lowest =, weaker =, falling =
+2.2: break out, breakout, bull run, bull market, bullrun, price discovery, golden cross, set a record, smash record,
  break record, record breaking, never been higher, to the moon, uptober, green candle, outperform market
+1.6: best week, best month, best day, best year, best quarter, best performance, winning streak, bull flag, higher high,
  higher low, relief rally, santa rally, short squeeze, bear trap, gamma squeeze, double bottom, inverse head and shoulder,
  cup and handle, oversold bounce, bottom out, bottomed out, find a bottom, bottom is in, back above, rise above, jump above,
  hold above, reclaim $, reclaim #, reclaim ground, flip resistance, break above, break resistance, break through, top gainer, top performer, in the green,
  into the green, green, uptrend, altseason, alt season, buy the dip, buy dip, buy the bitcoin dip, bull trend, erase loss,
  recoup loss, trim loss, pare loss, wipe out loss, recover loss, oversold, upside target, accumulate, higher ground,
  turn bullish, go bullish, bullish reversal, trend reversal, v shaped recovery, back in the black, overtake, flip ethereum,
  decouple
+0.9: above $, over # mark, close above $, near record, near high, hold support, hold firm, hold strong, hold above $,
  stay above $, strong support, on support, find support, stay afloat, stabilize, stabilise, stabilization, resilient,
  resilience =, consolidate gain, extend gain, hold gain, approach $, eye $, test $, hold $, defend $, retest $, retake $, regain $, notch $, close in on $, on track, on track to,
  back to $, past $, return to $, head to $, push to $, approach record, remain supported, recovery mode,
  supported =, upbeat, momentum, gain momentum, gain steam, gain traction, gain strength, gather steam, keep moving higher,
  extend rally
-2.2: bear market, death cross, double digit loss, dead cat bounce, price crash, crypto winter, red april, sea of red,
  deep red, in freefall, fall to zero, wiped off, wiped from, wipe off, death spiral, lose peg, lost its peg, depeg, de peg,
  depegged, depegging, off peg, peg wobble, break below, black monday, black thursday, black swan, double top, worst week,
  worst month, worst day, worst year, worst quarter, worst performance, bear trend, losing streak, negative streak
down 1.2 =: corrects
down 1.5: lose steam, lose momentum, losing steam, lose strength, out of steam, run out of steam, run out of road, run out of momentum, fizzle,
  fizzle out, peter out
-1.6: lower high, lower low, bull trap, in the red, into the red, red, bear flag, head and shoulder, rising wedge,
  bearish reversal, turn bearish, long squeeze, fall below, drop below, slip below, dip below, lose support, break support, break key support, lose key support, below key support,
  breakdown, break down, overvalued, overbought, overheated, bubble burst, give up gain, erase gain, pare gain, trim gain,
  wipe out gain, lose gain, surrender gain, cap gain, limit gain, extend loss, risk drop, risk slide, risk fall, risk plunge,
  risk correction, risk crash, risk pullback, risk a drop, risk decline, loss deepen, deeper drop, price pressure,
  sell pressure, sell wall, sell signal, death, underwater, below $, under $, sub $, exhaustion, bull exhaustion, top is in, downside target, price floor break,
  still a way away, hasn't bottomed, not bottomed, further downside, lower ground, trend lower, no bottom, wobble, spook,
  back below, bounce lose, head south, look south, rejection, reject at, get rejected, face resistance, hit resistance,
  favor bear, bear in control, bear control, bear gain control, bear target, whipsaw, blow off top
-0.8: from ath, from peak, from its peak, since ath, pall,
  cast pall, headache, hysteria, pause, stuck, struggle, struggle to, lackluster, lacklustre, muted,
  sluggish, comatose, limp, teeter, hover below, cautious, caution, volatile, choppy, uncertain, uncertainty,
  indecisive, turbulence, turbulent, headwind, vulnerable, on edge, jittery, nervous, tepid, subdued, stagnant, stagnate,
  flounder, languish, shaky, weak, weakness, soft, light trading, thin liquidity, at risk, in limbo, doldrum,
  resistance, correction coming, profit booking, profit taking, strong resistance, on the defensive, on defensive, break up,
  reject $, take more time, longer than expected
+1.2: reclaim key
-1.2: stumble, lose key
-1.4: reel from, hot inflation, hotter than expected
0 =: narrow range, tight range
-0.5: volatility, limited upside, upside limited, upside is limited, upside capped, gain limited, gain capped
-0.4: flat, remain flat, lull, mixed, range bound, sideway
0.3 =: steady, hold steady, end steady, unchanged, support at
0 =: fold, up to, listing and delisting, immersion cooling, think tank, firms, firm, vault, rally point, price analysis,
  market wrap, first mover, market cap, fall in love, drop in the, hedge fund, cash flow, bounce rate,
  point of sale, year in review, crash course, hot wallet, cold wallet, cold storage, hot topic, breaking news, black friday,
  winter olympics, hot take, death row, at least, bored ape, nft drop, record label, high court, high school,
  higher than expected, deep dive, high end, hits back, hit back, k pop, fine art, on record, golden state, mixed reaction,
  mixed reactions
+1.4: snap losing streak, end losing streak, break losing streak, snap # day losing streak, worst is over, worst may be over,
  buy signal, bottom signal, bullish signal, in profit, in the money, red hot, laser eye, flippening, regain, smash,
  smash through, smash past, bonanza, strike gold, crack $, pump #, pump over #, pump by #
+0.7: bottomed, catalyst, relief, renewed, lifeline, restart, rebuild, traction, warming, revolution, lure, legitimacy, hot,
  overtakes, dominant, bid for
-1.2: fallout, crunch, meltdown, bust, bogus, devaluation, fakeout, washout, fire sale, sell the news, at a loss, in loss,
  impermanent loss, extreme fear, under fire, under attack, slapped with, goes dark, tumult, death of, bearish signal,
  downward pressure, look weak, risk a, risk an, risk #, risk deeper, risk losing, risk further
-0.6: jitters, brace for, overhang, ample supply, winter, breather, take a breather, short lived, harder, stricter, strict,
  tighter, slower, topping, uphill, chop, forced, trail, leave, delete, impacted, walk back, on hold, put on hold, call off,
  mistakenly, unauthorized, censorship, surveillance, drama, embargo, moratorium, raise eyebrow, rollercoaster,
  roller coaster, seesaw, war on, take profit, take some profit, not so fast
+1.2: upward pressure
+0.4: dive deeper into, dive into, dives deeper
+0.6: speed up, shore up
undo 1: stem
-1.4: snap winning streak, end winning streak, snap historic winning streak, break winning streak
+0.5: near $, toward $, towards $
+0.8: false alarm
down 1.1 tr =: lowers, lowered, lowering
-1: out of positive zone, later than
0.2 =: golden
`;

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
