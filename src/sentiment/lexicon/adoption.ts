/** Who uses it: partnerships, listings, products, companies' and countries' moves. */
export const ADOPTION = `
good 1 noun: adoption, user, user base, customer, merchant, interest, acceptance, popularity, usage, use case, developer,
  developer activity, wallet, active user, subscriber, signup, participation, engagement, headcount, workforce, hiring,
  capacity, staff, footprint, access, accessibility, presence, confidence, optimism, sentiment, appetite, hope, trust,
  transparency, innovation
+1: milestone, succeed, goes live, go live, went live, now live, head over heel, sell out, sold out, better
+1.5: partnership, strategic partnership, strike partnership, strike deal, ink deal, sign deal, seal deal, team up,
  join force, collaborate, collaboration, partner with, adoption, mass adoption, mainstream adoption, adopt, adopts bitcoin,
  embrace, accept bitcoin, accept crypto, accepts bitcoin, accept payment, accept =, accept donation, now accept,
  start accepting, to accept, welcome, endorse, endorsement, legal tender, list on, listed on, listing on, get listed,
  adds support, support for, integrate, integration, expand, expansion, expand to, grow,
  gaining popularity, popular, popularity, surging interest, growing interest, increased interest, renewed interest, attract,
  inclusion, bank the unbanked, empower, empowerment, win deal, win contract, order win, bag order, land deal,
  game changer, game changing, revolutionize, revolutionise, revolutionary, triple capacity, double capacity, increase capacity, hiring push,
  hiring spree, growing demand, high demand, loves, success, successful, successfully, thrive, flourish, prosper,
  win, victory, triumph, achieve, achievement, honor, opportunity, promising,
  advantage, benefit, beneficial, benefits from, improve, improvement, best, great, excellent, superb, strong, robust, solid,
  healthy, healthier, impressive, exciting, excited, brilliant, genius, bright, brighter, positive, optimistic, confident,
  confidence, trust in, hope, hopeful, encouraging, encourage, favor, favour, favorable, favourable, praise, applaud, tout,
  hail, cheer, enthusiastic, enthusiasm, happy, delight, profitable, lucrative, sustainable,
  eco friendly, greener, renewable, green energy, clean energy, carbon neutral
+0.8: growth, award
+0.9: profit, winner, announce partnership, begin accepting, back bitcoin, invest, add support, launch of, now available,
  set to launch, successfully launch, goes public
use 0.55: onboard, move into, fan of, file for, let customer, let client, let merchant, let member, let people, let shopper, pay in, pay with =, pays with =, paid in, spend,
  paycheck in, salary in, wages in, bonus in, rent in, park $ in, receive, purchase, invest in, launch, unveil, debut, introduce, release, announce launch, kick off, acquire, acquisition, buy, partner, merge with, join,
  support, supports, back, offer, allow, let user, add, bring, to offer, to launch, deploy, invite, tap, put # into, put $ into,
  enable, roll out, rollout, unlock, pilot, donate, gift, open to, gear up for
+0.55: reclaim, build, develop, ship, available, create, reveal, hire, recruit, join team, name new, facilitate, win over,
  simplify, easier, seamless, accessible, transform, transformative, disrupt, free, ready, help, working, dominate, leading, pioneer,
  celebrate, reward, promise
+0.4: airdrop, donation, charity, charitable
0.3 =: takeover, first ever, potential, stellar, champion
+0.8: winning over, advance, progress, innovation, innovative, new feature, becomes first, become first,
  first of its kind, world first, trial success, scholarship, aid, sponsor,
  sponsorship, official partner, cashback, reward card, save, sponsor deal, official crypto exchange, official exchange,
  global ambassador, brand ambassador, go mainstream
0.4: appoint
0.4 =: plan, consider, explore, seek, mull, apply, propose, file, study
+0.7: valued at $, no objection, frontrunner, unfreeze
+1.2: superior to, superior form, open crypto, opens crypto, open bitcoin, opens bitcoin, open desk, return to crypto, return to bitcoin, all clear, soften stance, room to run, hire again, clean audit
-1.5: lose faith, lose trust, lose confidence, out of pocket, dash hope, dashing hopes, hopes dashed
-1.2: start taxing, begin taxing, below peg, below dollar peg, countersue, run dry, harden stance, locked out, close crypto, close bitcoin, close desk, leave crypto, leaves crypto, leave bitcoin, leaves bitcoin, exit crypto, exit bitcoin, cut tie,
  pulled from, removed from app, no place in, refuse audit
-1.4: drop bitcoin payment, drop crypto payment, drop support, end support, end partnership, cancel deal, deal collapse, scrap plan, abandon plan, pull out, walk away,
  lose interest, waning interest, interest wane, fading, boycott, ban on crypto, stop accepting, no longer accept,
  suspend payment, halt payment, low adoption, adoption slow, non starter, disappoint, disappointing, disappointment, miss,
  miss estimate, miss expectation, setback, hinder, hamper, hold back, hurdle, obstacle, obstruct, challenge, challenging,
  difficult, unable, inability, poor, bad, worse, worst, terrible, horrible, awful, negative, pessimistic, pessimism, gloomy,
  gloom, bleak, grim, dire, dismal, ugly, sad, angry, anger, outrage, protest, hate, hated, pointless, meaningless, waste,
  wasteful, wasted, stupid, dumb, idiot, overhyped, overrated, inferior, unsustainable, polluting, pollution,
  carbon footprint, environmental concern, environmental impact, energy consumption, unfair, inequality, expensive, costly,
  loser, lose, lost, losing, loss, shrinking, unprofitable, irrational, speculative, speculation, gambling, unreliable,
  untrustworthy, distrust, mistrust, unpopular, ambiguous, obsolete, outdated, irrelevant, decouple from reality, wasteland,
  hard time, tough time, hard sell, out of reach, unlikely, no winner, unwilling, unhappy, not happy, upset, withdraw support,
  withdrawn, postponed
0 =: supreme, jesus, romance, superior, treasure, battle, battles, matters, fortune, authority, focus, focused, winning over critics, refined, refine, like, share, shares, interest rate, top, united, want, chance,
  number, matter, fun, hard fork, fork, yes, no, ha, sorry, vision, stake, staking, staked, gross, fan, feeling, care, please,
  certain, clear, cover, god, hand, importance, important, intense, join us, kind, limitation, natural, ok, okay, ensure,
  grand, greet, dream, eager, extend, heaven, hug, debt fund, agree, agreement, asset, assets, bond, bonds, straight, true,
  trust, demand, demands, grey, pay, poised, growing, interests, defi, alert, cut off, defender, dead line, deadline,
  pressure cooker, crypto help, fit, cool, wealth, rigged, smart, smart money, shoot, miss universe, cash, cancel culture,
  capitalization, greed index, fear and greed, fear and greed index, best and worst, hell, dirt, ethereum killer, worth of,
  worth $, worth #, discord, harmony, swift, luxury, brave, riot, strike, justice, dash, avalanche, peace, hero, master, mine,
  mines, fair, significant, active, ability, firmly, smart contract, fixed rate, grow up, put up, set up, sign up, open up,
  line up, end up, start up, show up, catch up, make up, bring up, follow up, wind up, top up, mix up, split up, keep up,
  come up
0 =: fiat backed, gold backed, dollar backed, asset backed, crypto backed, tug of war, stranded, take plunge, land drop,
  optimism token, optimism network, optimism foundation, optimism airdrop, optimism bug, solution optimism, optimism and arbitrum,
  arbitrum and optimism, dear,
  blockchain bites
0.5 =: utility, worth, contract, contracts
+1.2: fall head over heel
+0.3: sell for #, sells for #
-0.3: withdraw
`;

/** Networks and their upkeep: upgrades, mining, on-chain measures. */
export const TECHNOLOGY = `
good 1 noun: hash rate, hashrate, hash power, hashpower, security, throughput, speed, scalability, scaling, decentralization,
  decentralisation, active address, address, transaction, transaction count, transaction volume, activity, network activity,
  block space, node, validator, uptime, dominance, staking, staked, total staked, performance, efficiency, productivity,
  utility, burn rate, scarcity, score
bad 1 noun: fee, gas fee, gas price, transaction fee, transaction cost, energy cost, electricity price, power cost, latency,
  energy use, energy consumption, emission, carbon emission, congestion, backlog, exchange supply, inflation rate, spam,
  centralization, address in loss, wallet in loss, remittance cost, price tag, burden, complexity
+0.5: merge, in recovery, recovery, revival, closer, hub, deal =, deals =, listing, lead, powered by
+0.4: halving, halvening, solution, open source, interoperable, interoperability
+0.6: layer 2, fix, roadmap, privacy, long term holder, decentralized, decentralised, build decentralized
+0.8: upgrade
+1.4: successful upgrade, upgrade successful, successful merge, merge success, merge successful, hard fork success,
  testnet launch, mainnet launch, launches mainnet, mainnet go live, ultrasound money, scalable, faster,
  efficient, energy efficient, low fee, low cost, secure network, lightning fast, instant,
  instantly, instant payment, permissionless, trustless, censorship resistant, breakthrough, outpace visa, solve,
  optimize, proof of reserve, hodl, diamond hand
-1.4: network congestion, congested, congestion, clogged, clog, network outage, high fee, fees spike, slow transaction,
  stuck transaction, reorg, chain split, 51 percent attack, centralized, centralised, centralization, miner capitulation,
  miner sell, miner capitulate, hash rate drop, difficulty bomb, delay merge, merge delay, upgrade delay, technical issue,
  technical difficulty, node fail, incompatible, energy hungry, inefficient, scalability problem,
  oracle failure, oracle attack, unpegged, undercollateralized, bad debt
bad 0.4 noun: supply, issuance
-0.4: environmental
good 0.5 noun: funding rate
good 0.2 noun: difficulty, mining difficulty
`;
