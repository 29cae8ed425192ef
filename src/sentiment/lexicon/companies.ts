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
