/** Sentences written for these tests, by what makes them hard: `+` good news, `-` bad news, `0` neither. */
export const SENTENCES: Readonly<Record<string, string>> = {
  'price moves': `
+ Bitcoin soars past $80,000
+ Ether jumps 9% as traders return
+ Solana rallies for a third day
+ Altcoins rebound after a quiet weekend
+ BTC sets new all-time high
+ Dogecoin spikes 30% overnight
+ XRP climbs to six-month high
+ Bitcoin breaks out of its range
- Bitcoin plunges 12% in broad crypto selloff
- Ether tumbles below $2,000
- Cardano sinks to a two-year low
- Crypto market crash wipes out $200 billion
- Litecoin slides further
- Solana nosedives after unlock
- BTC drops under $30K
- Altcoins bleed as bitcoin retreats
- Token collapses 95% in an hour
- Bitcoin slips into the red`,
  'direction by its object': `
+ Ethereum gas fees fall to lowest level in months
+ Inflation cools more than expected
+ Outflows from bitcoin funds slow
+ Unemployment drops
+ Recession fears ease
+ Exchange cuts trading fees
+ Central bank cuts rates
+ Hash rate climbs to record
+ Active users double in a year
+ Company narrows its losses
+ Selling pressure fades
+ Rally gains steam
+ Startup slashes costs
+ Quarterly loss shrinks
- Gas fees surge during mint
- Inflation accelerates again
- Bitcoin fund outflows grow
- Unemployment rises to five-year high
- Recession fears mount
- Exchange raises withdrawal fees
- Revenue falls 20%
- Profit drops as trading slows
- Demand for bitcoin weakens
- Hash rate declines after ban
- Net loss widens
- Adoption slows in Europe
- Liquidity dries up as volumes fall
- Hopes for an ETF fade`,
  'phrases of the market': `
+ Short squeeze lifts bitcoin
+ Bitcoin prints golden cross
+ Whale accumulation points to strength
+ Traders buy the dip
+ Bulls eye a breakout
+ Institutional adoption grows
+ Fed pivot sparks optimism
- Death cross forms on the daily chart
- Dead cat bounce, says analyst
- Long liquidations top $500M
- Investors flee risky tokens
- Stablecoin loses its peg
- Miners capitulate
- Token falls in a bank run
- Bull trap, warns trader`,
  negation: `
+ No crash expected, says analyst
+ Bitcoin is not dead
+ Exchange denies insolvency
+ Traders shrug off recession fears
+ Lawsuit against exchange dismissed
+ Crypto is not a scam
+ Bug fixed before any funds were lost
+ CEO refutes fraud allegations
- Bitcoin fails to rally
- Bitcoin is not bullish
- Ether fails to recover
- SEC rejects spot bitcoin ETF
- The relaunch was not successful
- Nobody trusts this exchange
- There is no demand for the token
- Analyst is not optimistic
- Bulls unable to hold gains
- Lack of liquidity hurts traders`,
  numbers: `
+ ETH up 12%
+ Bitcoin up 5% this week
+ Shares up 8.2 percent
+ Startup raises $40M
+ Protocol secures $25 million in funding
+ Token gains 300%
+ BTC +4.5% today
+ Miner nets $9.5 million in new funding
- ETH down 12%
- Protocol loses $40M in exploit
- Market down 7% since Monday
- Token sheds 60%
- Hackers steal $100M
- BTC -6.3% today
- Fund down $2 billion
- Exchange fined $4.3 billion`,
  'hacks and failures': `
- DeFi protocol hacked
- Exchange files for bankruptcy
- Hackers drain wallet of $8 million
- Founder arrested for fraud
- Rug pull leaves investors with nothing
- Lender halts withdrawals
- Phishing attack hits NFT collectors
- Network suffers outage
- Developer pleads guilty to money laundering
- Bridge exploited for $320 million
+ Exchange resumes withdrawals
+ White hat hacker returns stolen funds
+ Protocol patches critical bug
+ Exchange reimburses victims
+ Wallet thwarts phishing attack`,
  'law and regulators': `
+ SEC approves spot bitcoin ETF
+ Court sides with Ripple
+ Country makes bitcoin legal tender
+ Judge dismisses case against exchange
+ Regulator lifts ban on crypto trading
+ Exchange wins license in Dubai
+ Parliament scraps crypto tax
- China bans crypto trading
- Regulator sues exchange
- SEC charges founder with fraud
- Government cracks down on miners
- Senator calls for crypto ban
- Watchdog warns of crypto risks
- ETF decision delayed
- Exchange under investigation
- Tax authority seizes wallets`,
  'adoption and products': `
+ Retail giant partners with crypto payments firm
+ Bank expands crypto custody
+ Payment company adds support for bitcoin
+ Carmaker accepts bitcoin again
+ Upgrade goes live successfully
+ Airline welcomes crypto payments
+ Fund giant doubles down on bitcoin
+ Network hits milestone of one million users
- Carmaker stops accepting bitcoin
- Bank ends partnership with exchange
- Exchange lays off a third of its staff
- Exchange delists privacy coins
- Chief executive resigns after scandal
- Users abandon the platform`,
  'forum slang': `
+ to the moon 🚀🚀
+ HODL, this is a gem
+ wen lambo, so bullish
+ diamond hands, never selling
+ This project is seriously underrated
+ I love this coin
+ This will moon
+ 📈 looking great
- got rekt on leverage
- total rug, devs are gone
- this coin is garbage 💩
- bagholders everywhere
- it's a pump and dump
- pure FUD and manipulation
- exit liquidity for whales
- such a shitcoin, stay away
- 📉 I lost everything
- Ponzi scheme, avoid`,
  'degree and doubt': `
+ Bitcoin could rally to $100K
+ Ether edges higher
+ Analysts see strong upside
+ Bitcoin may have found a bottom
- Bitcoin could crash to $10K
- Ether slightly lower
- Market may fall further
- Severe downturn threatens miners`,
  'but and despite': `
+ Bitcoin gains despite weak stocks
+ Ether holds firm but altcoins soar
+ Despite hack, token rallies
- Bitcoin slides despite strong earnings
- Prices rise, but analysts warn of a crash
- Token falls even as adoption grows`,
  'results of companies': `
+ Quarterly profit rises 33%
+ Exchange beats estimates
+ Miner posts record revenue
+ Analyst upgrades the stock to buy
+ Shares surge on strong earnings
- Profit warning sends shares lower
- Miner misses estimates
- Net profit falls 12.7 percent
- Broker downgrades the stock
- Miner swings to loss`,
  'where a move began, and levels not reached': `
+ Ether climbs away from a two-year low
+ Cardano rebounds off its weekly lows
- Litecoin retreats from a record high
- Solana slides below its yearly low
0 Token trades just below its 2019 high`,
  'fears that are not so': `
+ Fears of a bitcoin ban are overblown, economist says
+ Claims of fraud are baseless
+ No bitcoin crash in sight
- No ether rally this year, says fund manager
- Mining becomes less profitable`,
  'a coin put to use': `
+ Grocer to add bitcoin at the till
+ Pension fund launches an ether fund
+ Broker acquires small crypto desk
+ Football club buys bitcoin for its treasury
0 Studio launches a new video series
0 Broker acquires small design agency`,
  'companies and their shares': `
+ Sales ahead of expectations at chip maker
+ Retailer swings back to growth
+ Engine maker clinches contract worth $2 billion
+ Airline's loss narrows as bookings rise
+ Profit jumps four-fold
+ Regulator gives go-ahead; drug meets main goal
+ Broker raises price target on miner
+ Index snaps five-day fall
- Grocer warns on profit
- Bank to axe 900 jobs
- Carmaker recalls 40,000 cars
- Publisher closes offices, adviser resigns over scandal
- Shareholder revolt over pay at insurer
- Steel maker calls in administrators
- Earnings short of expectations
- Lender agrees to pay $12 million to settle claims
- Start-up is running out of cash
0 Software firm names finance director
0 Company declares interim dividend
0 Utility to raise $300 million through bonds
0 Index ends mixed
0 Shares trade sideways
0 Regulator extends deadline for comments`,
  'who gains and what ends': `
+ Shorts liquidated in a sudden rally
+ Bears trapped as ether reclaims $2,000
+ Losses from hacks fall by half
+ Court dismisses bitcoin startup's phishing lawsuit
+ Judge throws out charges against exchange founder
+ Exchange denies rumors that it is insolvent
+ Selling pressure runs out of steam
+ Withdrawals open again at lender
+ Bitcoin falls less than feared
- SEC rejects application for a fund of ether
- Group misses full-year profit target
- Rally runs out of steam
- Longs wiped out in flash crash
- Lender stops withdrawals
- Bitcoin sees worst sell-off in years
- Bitcoin rises less than expected
- Country taxes bitcoin at 40%
- Inflation reaches its highest since 1982`,
  'about things, not of them': `
0 Mining bans, explained
0 A documentary about the exchange fraud
0 The story of a bitcoin thief`,
  'amounts reached': `
+ Deposits top $2 billion
- Losses reach $40 million
- Long liquidations exceed $90M`,
  'nothing to rate': `
0 Bitcoin conference opens in Miami
0 What is a blockchain?
0 How to set up a wallet
0 Price analysis: BTC, ETH, XRP
0 Company appoints new head of research
0 Fed minutes due on Wednesday
0 The history of digital money
0 Who is Satoshi Nakamoto?
0 Five things to know this week
0 Senate committee meets on Tuesday
0 Wallet app rolls out new address book
0 Exchange enables transfers by text message
0 Studio launches NFT drop, offering tickets
0 Charity starts taking bitcoin donations
0 Firm pilots open-source solution for payrolls
0 Protocol details airdrop to early users
0 Startup releases app and invites testers
0 Reclaiming your data: an explainer
0 Gold-backed tokens, explained
0 A tug of war over block sizes
0 Where traders felt FOMO this week
0 Dear developers: a letter
0 Optimism token holders vote on Thursday
0 Bitcoin trades near the middle of its range
0 Museum shows digital art
0 Interview with a core developer`,
};
