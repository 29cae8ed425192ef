/** Law, regulators, courts. */
export const REGULATION = `
bad 1 noun: tax, crackdown, ban, restriction, sanction, tariff, fine, penalty, lawsuit, charge, probe, investigation,
  scrutiny, compliance cost, red tape, uncertainty, requirement, curb, regulatory risk, regulatory burden, allegation,
  accusation, duty
-2: crack down, crackdown, ban, outlaw, illegal, prohibit, fraud, lawsuit, sue, indict, indictment, charge with, charged,
  charge over, charge against, criminal charge, fraud charge, gaming charge, face charge, accuse, accusation, allegation,
  alleged fraud, arrest, convict, guilty, plead guilty, sentence, sentenced, jail, prison, behind bars, raid,
  money laundering, launder, tax evasion, tax fraud, insider trading, market manipulation, manipulate, manipulation,
  price manipulation, wash trading, unlawful, unlicensed, embezzle, embezzlement, bribe, bribery, racketeering, class action,
  subpoena, ponzi scheme, fraudulent, seize, seizure, confiscate, cease and desist, cease operation, delist, delisting,
  shut down, shut off, shuts down, wells notice, blacklist, contempt, perjury, cartel, wanted, red notice, extradite,
  extradition, fugitive, on the run, smuggle, smuggling, terrorism, terror financing, terrorist, hoarding, contraband
-1.4: financial crime, closes to us, probe, investigate, investigation, under investigation, scrutiny, under scrutiny, fine,
  fined, penalty, penalize, penalise, restrict, restriction, restrictive, clamp down, clampdown, warn, warning,
  caution against, violate, violation, breach of, non compliance, reject etf, reject bid, deny application, rejected, wary,
  wary of, etf rejection, delay etf, etf delay, delay decision, postpone decision, delay, postpone, suspend, suspension, halt,
  freeze, frozen, bar from, block from, pull license, revoke, revoke license, lose license, license revoked, deny license,
  regulatory pressure, regulatory concern, regulatory uncertainty, regulatory risk, regulation concern, regulatory hurdle,
  legal trouble, legal woe, legal battle, court battle, sued by, taxed, tax on crypto, tax bill, tax hike, crypto tax,
  capital gain tax, wealth tax, enforcement action, enforcement, unregistered security, unregistered, not legal tender,
  stringent, harsh, tough rule, tougher rule, tighten rule, hearing delay, refuse to approve, opposition, oppose, antitrust,
  complaint, file complaint, infringe, infringement, dispute, litigation, plaintiff, defendant, misleading, mislead,
  deceptive, deception, not regulated, lose court, lose appeal, lose case, overstep, hostile, subject to sanction,
  anti crypto, anti bitcoin, notice to, show cause, default judgement, trial date
+1.5: approve, approval, nod =
+1.8: etf approval, greenlight, green light, give nod, get nod, get the nod, win approval,
  receive approval, secure license, secure licence, grant license, obtain license, get license, in principle approval,
  receive license, e money license, regulatory approval, legalize, legalise, legalization, currency status, legal clarity,
  regulatory clarity, clear path, win lawsuit, win case, win in court, court win, legal win, legal victory, win against sec,
  sec loss, lose to grayscale, beat sec, dismiss lawsuit, dismiss case, case dismissed, charge drop, drop charge, drop case,
  drop lawsuit, acquit, acquitted, exonerate, not guilty, tax free, tax exempt, tax break, tax cut, tax relief, scrap tax, drop tax, drop crypto tax, drop bitcoin tax,
  tax reform, lift ban, end ban, reverse ban, overturn ban, scrap ban, ban lift, lift restriction,
  ease rule, ease restriction, relax rule, light touch, pro crypto, pro bitcoin, crypto friendly, bitcoin friendly,
  favorable ruling, favourable ruling, rule in favor, side with, sides with, court side with, license, licence, authorization,
  authorize, recognise bitcoin, recognize bitcoin, safe harbor, vote in favor, advance bill, pass bill, bitcoin bill pass,
  embrace crypto, embrace bitcoin, comeback, reinstated, reinstate, settle charge, settlement reached, reach settlement,
  legal clearance, clear the way, pave way, pave the way
0.4 =: framework, clarity, guidance
0 =: fine tune, fine print, block reward, block size, block chain, block explorer, block height, block time, genesis block,
  building block, block party, charge card, sentence case, sec chair, sec chairman, law decoded, court, judge, rule, legal,
  tax, taxes
-0.8: allege, alleged, sanction, sanctioned, raise question, legal question, question over
+1: exempt, exemption
+1.6: as legal tender, crypto tax reform, crypto tax cut
+1.5: crypto tax free
0.5 =: from capital gains tax, from tax
+1.5: not a security, not security, isn't a security, not securities, aren't securities
+1: withdraw appeal, drop appeal, withdraw lawsuit
-1.4: is a security, are securities
-1.2: withdraw bid, withdraw application, withdraw filing
-0.8: to tax
-1: veto, to tax bitcoin, to tax crypto, tax bitcoin, taxes bitcoin, tax crypto, taxes crypto, not ready, warns =
0.2 =: bill, regulation, regulations, regulate
0.1 =: plans
-0.6: face, faces
`;

/** Hacks, thefts, scams, failures and insolvencies. */
export const SECURITY = `
bad 1 noun: hack, hacker, exploit, attack, breach, theft, scam, fraud, vulnerability, bug, outage, downtime, phishing,
  ransomware, malware, rug pull, crime, cybercrime, fear, concern, worry, risk, threat, bankruptcy, default, contagion, panic,
  tension, doubt, woe, trouble, problem, crisis, pain, pressure, suffering, damage, criticism, backlash, opposition, gridlock,
  competition, conflict
-2.2: hack, hacker steal, hacked, exploit, exploited, rug pull, rugpull, rugpulled, rug, rugged, scam, scammer, steal, stolen,
  theft, heist, robbery, rob, pyramid scheme, drain #, drained, drain wallet, drain fund, phishing attack, phishing, phish,
  ransomware, malware, trojan, data breach, security breach, breach security, private key leak, leak key, compromise,
  compromised, 51 attack, flash loan attack, reentrancy, critical vulnerability, vulnerability, ddos, attack, attacker,
  cyberattack, breached, security incident, infinite mint, double spend, double spending, exit scam, bankrupt, bankruptcy,
  chapter 11, insolvent, insolvency, file for bankruptcy, default on, default, liquidator, wind down, go under, to fold,
  shut its doors, close its doors, shutter, cease, demise, fiasco, debacle, catastrophe, catastrophic, disaster, cataclysm,
  doom, doomed, ftx collapse, implosion, contagion, crisis, turmoil, chaos, panic, carnage, crypto crash, blow up, blown up,
  massacre, apocalypse, armageddon, wreck, havoc, mayhem, ruin, devastate, devastating, kidnap, murder, kill, killed, fatal,
  sim swap, identity theft, extort, extortion, blackmail, ransom, sextortion, fake, counterfeit, impersonate, impersonator,
  impostor, dupe, swindle, con artist, fraudster, criminal, illicit, dirty money, misappropriate, missing fund, fund missing,
  vanish, disappear
-0.6: resign, resignation, step down, quit, stepping down, departure, depart
-0.7: walk out, war, conflict, tension
-1.5: outage, goes down, go down again, network halt, halt network, offline, downtime, glitch, bug, flaw, flawed, backdoor,
  weak spot, security risk, security concern, security flaw, security hole, user lose, lose fund, lost fund, loss of fund,
  suffer, suffer loss, suffers, fall victim, victim, target by hacker, suspicious, fail, failure, failed, fails,
  failing, liquidity crunch, liquidity crisis, liquidity issue, cash crunch, insolvency rumor, exposure to luna,
  exposure to ftx, job cut, cut job, cut staff, cut workforce, slash workforce, slash job, fire staff, hiring freeze,
  redundant, retrench, oust, ousted, sack, exploit risk, spam, bot attack, flash point, loophole, orphaned, centralized risk,
  single point of failure, broken, break promise, abandon, abandoned, terminate, termination, pull plug, pull the plug,
  closure, close down, shutdown, strand, troubled, plagued, plague, haunt, nightmare, scare, scary, worry, worried, fear,
  feared, fearful, concern, concerned, threat, threaten, endanger, danger, dangerous, risky, risk, jeopardize, peril, alarm,
  red flag, danger sign, worrying sign, warning sign, stress, distress, pain, painful, hurt, harm, harmful, damage, damaging,
  woe, trouble, problem, backlash, criticize, criticise, criticism, slam, blast, bash, condemn, denounce, skeptic, skeptical,
  sceptical, scepticism, skepticism, doubt, doubtful, question mark, mistake, error, blunder, mishap, misstep,
  amateur mistake, regret, apologize, apology, controversy, controversial, scandal, shady, sketchy, dubious, notorious,
  disgraced, embattled, beleaguered, blame, trap, trapped, clash, feud, infight, rift, invade, invasion
+1.4: recover $, recover stolen, recover fund, stolen fund recover, return stolen, return fund, hacker return, hacker return stolen,
  refund, reimburse, compensate, make whole, make user whole, make users whole, makes users whole, fund safe, fund are safe, safu, patch, patched, fix bug, fix vulnerability,
  security upgrade, bug bounty, thwart, foil, secure, security audit, audited, fully audited, fully backed, bailout, rescue,
  bail out, back online, resume, resumes, reopen, restore, restored, survive, overcome, weather the storm, bounce back from,
  avoid bankruptcy, avert, avert crisis, repay, repaid, paid back, safer, safe haven, insured, insurance cover,
  ethical hacker, white hat, resolve, resolved, solvent, debunk fud
undo 1: is over, waive, suspend, snap, miss, throw out, negate, invalidate, speak out against, vote against
undo 0.5: downplay, play down, combat, fight, counter, tackle, guard against, hedge against, protect against, shield from, shield against
undo 1: end, abandon, delete, patch, reimburse, compensate, prevent, stop, thwart, foil, overblown =, exaggerated =, overstated =,
  unfounded =, baseless =, unwarranted =, groundless =, avoid, dodge, evade, avert, escape, deny, refute, debunk, dismiss, dispel, shrug off, shake off, brush off, defy, rebut,
  reject, block, withstand, overcome, survive, end ban, scrap, abandon plan, drop plan, lift, halt, cancel, repeal, overturn,
  remove, eliminate, rule out, refund, recoup, reverse, offset, resolve, fend off, ward off, solve, fix, push back against,
  relief from, immune to, free from, bust, bar,
  scuttle, quash, ditch
0 =: securities, stop, stops, block, issue, issues, limited, hackathon, attack on, bug bounty program, killer app,
  proof of work, security token, war chest, fight for, security, hacker house, hacker residency, risk asset, risk on,
  risk off, pain point, target price, price target, stop loss, fire up, kill it, killing it, killer
-2: defraud
-1.5: exploiter
-0.6: barrier, targeted
+0.7: safety
-1.2: leaked
-1: discontinue, fragility
`;
