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
