/** What is said in crypto forums, and emoji. */
export const SLANG = `
+1 =: gem, king
+0.6: freedom
+0.8: trusted, steal the show
0 =: pros and cons, red bull, thanks to, lie in, lies in, pay more attention, cutting edge
+2: moon, mooning, moonboy happy, wagmi, lfg, bullish af, gmi, lambo, wen lambo, chad, hidden gem, 100x, 1000x, 10x,
  gigachad, ape in, aping in, to da moon, send it, pump it, is the future, here to stay, game over for bear, no brainer,
  can't go wrong, life changing, financial freedom, generational wealth, digital gold, sound money, hard money,
  store of value, ultrasound, hodl strong, strong hand, diamond hands, all in on, hold forever, buy and hold, dca,
  dollar cost average, never sell, not selling, 🚀, 📈, 🌕, 💎, 🔥, 🤑, 💰, 🐂, 🎉, 🥳, ❤️, ❤, 😍, 👍, 💪, 🙌, 🟢, ✅, 😎, 👏, 🥇, 🏆, ⬆, 😁, 😀, 😃,
  😄, 🙂, 😊
+1.2: works well, works really well, work great, comes back, grateful, huge pump, in everyone's portfolio, hodler, hodling,
  hold long term, long term hold, bag some, accumulating, stack, stacking, dca into, buying opportunity, discount =, on sale,
  panic buying, stay long, thank, thanks, proud, rich, wealthy, dope, awesome, amazing, cool tech, lit, rooting for, underrated,
  undervalued, legit, legitimate, trustworthy, rock solid, well done, congrats, congratulation, lol nice, nice, good,
  solid project, beautiful, beauty, hedge, hedge against inflation, inflation hedge, limited supply, scarce,
  scarcity, deflationary, fast, cheap fee, useful, real use case, believe in, i believe, faith, bright future, love, favorite,
  favourite, enjoy, unstoppable, antifragile, honey badger, orange pill, orange pilled, cheaper, stable, safe,
  better than fiat, better than gold, huge, massive potential, smooth, deserve, worth it, convinced, passive income,
  made money, make money, life saver, up only, number go up
-2: rekt, wrecked, ngmi, shitcoin, shit coin, sh*tcoin, scamcoin, vaporware, vapourware, dead coin, dead project, dead chain,
  exit liquidity, bag holder, bagholder, bagholding, holding the bag, left holding, ponzi, ponzinomics, greater fool, fool,
  fools gold, rat poison, tulip, tulip mania, pump and dump, pumped and dumped, pump n dump, p&d, dumpster fire, cult,
  cultist, shill, shilling, shilled, shiller, grift, grifter, con =, hustle, gamble, casino, lottery, pipe dream,
  get rich quick, snake oil, bullshit, bs =, crap, trash, garbage, shit, nail in the coffin, letdown, let down, worth nothing,
  suckers, sucker, flop, dog shit, shid coin, shitty, shitshow, joke, clown, clown show, laughable, pathetic, fuck, fucked,
  wtf, screwed, suck, sucks, moron, delusional, delusion, copium, cope, hopium, jpeg scam, greed, greedy, honeypot, toxic,
  maxi toxic, bleed, bleeding, bleed out, bloody, fud, paper hand, paper hands, panic sell, panic selling, capitulation,
  down bad, poor decision, lose everything, lost everything, lost all, lose all, lose money, losing money, lost money,
  lost my, life saving, never recover, never come back, not going back, stay away, run away, avoid like, beware, fake volume,
  no use case, no utility, no value, no intrinsic value, zero value, worthless, nothing burger, bubble, dead, dying, die,
  wake up, overpriced, not sustainable, going to zero, go to zero, to zero, went to zero, house of card, fiction, pyramid,
  mlm, useless, unbacked, backed by nothing, out of thin air, thin air, manipulated, dead weight, rat, liar, lie, lying, lied,
  crook, cheat, criminals, cesspool, mess, terrible idea, bad idea, not worth, waste of money, waste of time, waste of,
  hard pass, nope, no thanks, sell now, crash and burn, toast, over hyped, cash grab, hot garbage, dogshit, 💩, 📉, 🐻, 😭, 😱, 🤡,
  💀, 😡, 🤬, 👎, 🔴, 🩸, 😢, ☠, ⚠, 😞, 😔, 🤮, 😤, 🐀, ⬇, 🗑
-1: pump, pumped, pumping, noob, addict, addiction, addictive, meme coin scam, hassle, confusing, confused, complicated,
  annoying, boring, hype, hyped, ripoff, rip off, too late, too volatile, too risky, high risk, high risk investment,
  very risky, no future, slow, laggy, buggy, tax on the poor, crazy, insane, insanity, mad, ridiculous, absurd, nonsense,
  unstable, sick of, tired of, fed up, weird, shame, shameful, clunky, sadly, unfortunately, unfortunate, downvote,
  wasn't worth, wont last, can't trust, don't trust, no trust, never trust, anymore, nobody cares, who cares, unregulated,
  whale manipulation, hard to use
0 =: fomo, no shit, holy shit, for me, dead like, declared dead, pump station, pump track, water pump, lol, lmao, 😂, 🤣, 😅, 😳, 🤔,
  damn, hell yeah, holy, mother, mad money, moons, bots, weird flex
`;
