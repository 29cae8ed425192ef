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
