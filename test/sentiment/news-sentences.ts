/** News written for these tests, as outlets word it: `+` good, `-` bad, `0` neither. */
export const NEWS: Readonly<Record<string, string>> = {
  'news of companies': `
+ Supermarket's Christmas sales beat forecasts
+ Housebuilder reports strong demand and lifts full-year guidance
+ Bank returns to profit after three years
+ Drugmaker's cancer treatment wins US approval
+ Airline carries record number of passengers
+ Oil group resumes dividend as cash flow improves
+ Miner's shares lead index higher
+ Retailer shrugs off weak high street with 9% rise in revenue
+ Brewer agrees to buy craft beer maker
+ Engineering group wins £400m rail contract
+ Telecoms firm to create 1,200 jobs
+ Fashion chain posts 20% jump in pre-tax profit
+ Broadcaster's advertising revenue bounces back
+ Carmaker's European sales surge in March
+ Pharma giant boosts pipeline with licensing deal
+ Software group upbeat on outlook
+ Utility cleared to build wind farm
+ Lender passes stress test
+ Hedge fund takes 5% stake in plane maker
+ Tobacco group increases payout to investors
+ Analysts turn positive on chip maker
+ Investors cheer turnaround plan at retailer
+ Shares in online grocer soar on takeover talk
+ Sales recover at pub chain as weather improves
+ Bank reaches settlement over mortgage securities
+ FTSE closes at highest since May
+ Stocks edge up as oil steadies
+ Energy firm sells assets to cut debt
+ Company hikes dividend 10 percent
+ Quarterly revenue tops $1 billion for first time
+ Orders up, costs down at machinery maker
+ Cost-cutting pays off for publisher
+ Regulator drops investigation into bank
+ Discounter opens 50 stores as sales climb
+ Drinks maker lifts sales target after strong summer
+ Oil major to resume share buybacks
+ Packaging group gains on bid speculation
+ Software firm's profit margin widens
+ Housebuilder sees record forward sales
+ Rail operator wins extension of franchise
+ Chip designer's licensing income soars
+ Vaccine maker gets fast-track status
+ Copper miner upgrades production target
+ Travel group swings to profit as bookings surge
+ Online retailer's Black Friday orders hit record
+ Steel plant saved by rescue deal
+ Lender's bad debts fall
+ Water company rewards shareholders with special dividend
+ Aerospace group lands order for 40 jets
+ Advertising group ahead of market expectations
+ Shares in pub group up 6% after upbeat trading statement
+ Insurer's solvency improves
+ Regulator clears merger of gas networks
+ Drug cuts risk of heart attack, trial shows
+ Investors back turnaround plan
+ Bookmaker beats the odds with bumper profit
- Supermarket sales fall for fifth quarter in a row
- Bank sets aside £2bn for compensation claims
- Drugmaker halts trial after safety concerns
- Airline cancels 200 flights as pilots strike
- Oil group slashes spending as crude slumps
- Miner cuts output forecast
- Retailer issues profit warning after poor Christmas
- Insurer hit by storm claims
- Brewer's bid rejected by regulator
- Engineering group to cut 600 jobs
- Telecoms firm loses customers to rivals
- Fashion chain's margins squeezed by discounting
- Broadcaster sees advertising revenue shrink
- Carmaker recalls 90,000 vehicles over brakes
- Software group delays results after accounting error
- Utility faces inquiry over tariffs
- Lender fails stress test
- Hedge fund cuts stake in plane maker
- Tobacco group warns of tougher year
- Analysts cut price targets on chip maker
- Investors revolt over executive pay
- Shares in online grocer slump after trading update
- Bank fined over rate rigging
- FTSE hits two-year low as miners drag
- Stocks slip on growth worries
- Banking shares weigh on index
- Chief executive ousted after scandal
- Company scraps dividend
- Brexit uncertainty hits house prices
- Trader accused of market abuse
- Losses mount at steelmaker
- Plant closure puts 700 jobs at risk
- Car sales skid in November
- Bank to shut 190 branches
- Shares suspended pending announcement
- Group misses full-year profit target
- Airline blames strong euro for weaker earnings
- Sales growth stalls at coffee chain
- Pay-TV group lags rivals
- Deal collapses after shareholders object
- Discounter shuts 50 stores as sales dive
- Drinks maker trims sales target after wet summer
- Oil major suspends share buybacks
- Bank chief warns more loan losses to come
- Packaging group falls as bid speculation fades
- Software firm's profit margin narrows
- Housebuilder sees cancellations rise
- Rail operator loses franchise
- Chip designer's biggest customer walks away
- Vaccine maker's trial hit by setback
- Copper miner downgrades production target
- Travel group sinks into the red
- Online retailer's website crash costs it £10m
- Steel plant to close with loss of 400 jobs
- Lender's bad debts jump
- Water company fined for pollution
- Aerospace group loses order for 40 jets
- Advertising group behind market expectations
- Shares in pub group off 6% after gloomy trading statement
- Insurer's solvency worsens
- Regulator blocks merger of gas networks
- Drug raises risk of heart attack, trial shows
- Airline to drop 20 routes
- Investors reject turnaround plan
- Bookmaker counts cost of World Cup losses
- Pound slides to seven-month low against dollar
- Supermarket price war intensifies
- Telecoms giant faces break-up
- Fund manager suspends trading in property fund
- Carmaker admits cheating emissions tests
- Utilities drag FTSE lower
- Miner puts projects on hold as prices tumble
- Bank's IT failure locks out customers
0 Bank names new head of retail
0 Drugmaker to present data at conference
0 Retailer to report results on Thursday
0 Miner publishes annual report
0 FTSE little changed in quiet trade
0 Companies to watch this week
0 Bank moves headquarters to Leeds
0 Oil group and partner in talks over field
0 Insurer reviews options for unit
0 Chief executive to speak at forum
0 Oil major appoints auditor
0 Bank to hold annual meeting in May
0 FTSE 100 opens flat
0 Travel group changes name
0 Chip designer unveils logo
0 Retailer and union to meet on Monday
0 Housebuilder buys land in Kent
0 What to expect from the budget`,
  'news of coins': `
+ Regulator drops case against token issuer
+ Judge throws out charges against exchange founder
+ Short sellers lose $300 million as bitcoin jumps
+ Bears trapped as ether reclaims $2,000
+ Shorts liquidated in sudden rally
+ Spot ETF sees tenth day of inflows
+ Exchange balances sink to four-year low
+ Miners stop selling
+ Network fees drop after upgrade
+ Losses from hacks fall by half
+ City council votes to accept crypto for taxes
+ Token jumps after exchange listing
+ Developers fix flaw before launch
+ Developer activity reaches new peak
+ Bank lifts limit on crypto purchases
+ Wallet maker closes $50M round
+ Country exempts bitcoin from capital gains tax
+ Halving expected to lift prices
+ Hash rate recovers from storm
+ Bitcoin rebounds from six-week low
+ Exchange wins court fight with regulator
+ Stablecoin regains its peg
+ Withdrawals open again at lender
+ Nation buys another 100 bitcoin
+ Whales keep buying as prices dip
+ Coffee chain lets customers pay in bitcoin
+ Lightning wallet now live in 30 countries
+ Mayor takes first paycheck in bitcoin
+ Bitcoin reclaims key average after quiet week
+ Asset manager files for spot ether ETF
+ Ether staking deposits cross 10 million
+ Swiss bank opens crypto desk for private clients
+ Layer-2 network cuts fees by 90%
+ Bitcoin mining council says half of power is renewable
+ Traders turn bullish as funding flips positive
+ Institutional money returns to crypto funds
+ Exchange token climbs on burn news
+ Lender repays customers in full
+ Court rules token is not a security
+ Regulator withdraws appeal against exchange
+ Bitcoin shrugs off hot inflation data
+ Ether gas costs at lowest since 2020
+ Bitcoin options traders bet on $100,000 by December
+ Stablecoin issuer publishes clean audit
+ Crypto firms hire again as market thaws
+ Airline loyalty points can now be swapped for bitcoin
+ University adds blockchain degree as student interest soars
+ Exchange insurance fund makes users whole
+ Bitcoin nodes hit all-time high
+ Ether whales scoop up 300,000 coins
+ Bitcoin's drop is a buying opportunity, says fund manager
+ Dormant whale stays put as price doubles
+ Regulator gives exchange the all-clear
+ Watchdog softens stance on crypto ads
+ Tax office waives penalties for crypto investors
+ Spot volumes pick up after slow summer
+ Bitcoin sees best January since 2013
+ Network survives attack unharmed
+ Crypto jobs boom despite downturn
+ Sanctions on mixer overturned by court
+ Bitcoin back on track after weekend dip
+ Miner doubles capacity with new site
+ Payment app waives fees on bitcoin purchases
+ Two more states drop crypto tax
+ Dogecoin explodes 22% in a day
+ Bitcoin breaks $11K
+ Oil producers move into bitcoin mining
+ Start-up valued at $8 billion
- Exchange founder flees country
- Regulator postpones verdict on ETF again
- Appeal court upholds fraud conviction
- Bulls lose $400 million as bitcoin drops
- Longs wiped out in flash crash
- Bitcoin fails to hold $60,000
- Bitcoin rises less than expected
- Spot ETF loses $200M in a day
- Exchange balances climb as holders prepare to sell
- Miners dump coins to pay bills
- Network fees hit record
- Losses from hacks double
- City council bans mining
- Token tumbles as exchange ends support
- Developers find flaw in contract
- Bank tightens limit on crypto purchases
- Wallet maker shuts down
- Rally runs out of road
- Hash rate slides after storm
- Bitcoin retreats from six-week high
- Exchange loses court fight with regulator
- Stablecoin slips under a dollar
- Lender stops withdrawals
- Nation sells its bitcoin
- Whales cash out
- Ether trails bitcoin as users leave
- Customers sue wallet maker over lost coins
- Police raid offices of token issuer
- Outage leaves traders stuck
- Crypto firm cuts a quarter of jobs
- Governor vetoes mining bill
- Investors pull cash from crypto funds for third week
- Fund writes its stake in exchange down to zero
- Coffee chain drops bitcoin payments
- Lightning wallet pulled from app stores
- Bitcoin loses key average after quiet week
- Asset manager withdraws bid for spot ether ETF
- Swiss bank closes crypto desk
- Card giant cuts ties with exchange
- Bitcoin tracks stocks lower
- Bridge drained of $50 million
- Network grinds to a halt for the fifth time
- Bitcoin mining under fire over power use
- Traders turn bearish as funding flips negative
- Institutional money leaves crypto funds
- Exchange token slumps on insolvency rumors
- Lender leaves customers out of pocket
- Central bank says bitcoin has no place in reserves
- Court rules token is a security
- Bitcoin reels from hot inflation data
- Ether gas costs at highest since 2020
- Telecom firm abandons blockchain project
- Bitcoin options traders brace for drop to $20,000
- Stablecoin issuer refuses audit
- Crypto firms shed staff as market freezes
- Founder steps down amid probe
- Fake wallet app steals users' coins
- Bitcoin ATM operator charged with money laundering
- Investors lose faith in algorithmic stablecoins
- Token plunges after developers sell their share
- Deadline passes without ETF decision, dashing hopes
- Airline scraps plan to take bitcoin
- Insurer writes off crypto stake
- University loses endowment money in crypto bet
- Exchange insurance fund runs dry
- Developers warn users to move funds after flaw found
- Bitcoin nodes fall to three-year low
- Bank pauses crypto custody
- Ether whales unload 300,000 coins
- Analysts see more pain for bitcoin
- Dormant whale moves coins to exchange, raising fears of sale
- Regulator orders exchange to close accounts
- Watchdog hardens stance on crypto ads
- Tax office demands records of crypto investors
- Spot volumes dry up
- Bitcoin sees worst January since 2015
- Network taken down by attack
- Crypto jobs vanish in downturn
- Exchange ends margin trading under pressure
- Court upholds sanctions on mixer
- Miner mothballs rigs as power bills bite
- Two more states weigh crypto ban
- Users locked out of accounts for days
- Promoter of coin gets 12 years in prison
- Scammers pose as support staff
- Money flows out of ether funds
0 Is it time to buy bitcoin?
0 How the merge changed ether
0 Crypto week ahead: inflation figures, ETF deadline
0 Five charts that explain the halving
0 Bitcoin little changed ahead of Fed
0 Exchange moves headquarters to Dubai
0 Senators question exchange chief
0 Options expiry on Friday
0 A beginner's guide to staking
0 Who owns the most bitcoin?
0 Podcast: the future of payments
0 Ether steady as traders wait
0 Artist sells first NFT series
0 Regulator publishes consultation on stablecoins
0 Bitcoin trades in narrow range before jobs report
0 How a bitcoin futures contract works
0 Central bank publishes paper on digital currency
0 Exchange renames its token
0 Developers debate block size
0 Conference moves to Austin
0 Senator to speak at bitcoin event
0 Ether and bitcoin little moved after Fed
0 Inside a bitcoin mine in Texas
0 What traders are watching this week
0 Founder of exchange gives testimony
0 New book tells story of early miners
0 Exchange rebrands ahead of launch in Asia
0 Which coins does the fund hold?
0 Bitcoin white paper turns ten
0 Central bankers debate digital euro
0 The week in crypto
0 Exchange chief testifies before Congress
0 Developers pick date for testnet
0 Bitcoin mining, step by step
0 Miner to report earnings on Tuesday
0 Poll: what will ether do next?`,
};
