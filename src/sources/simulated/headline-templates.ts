/** Which way a headline leans: down, neither, up. */
export type Tone = -1 | 0 | 1;

/** Fills a template: the coin as it is called here, the size of the move as text, its price as text. */
export type Template = (coin: string, percent: string, price: string) => string;

/** What the papers write, by tone. */
export const NEWS_TEMPLATES: Readonly<Record<Tone, readonly Template[]>> = {
  1: [
    (coin, percent) => `${coin} jumps ${percent}% as buyers return`,
    (coin, percent) => `${coin} rallies ${percent}% on strong demand`,
    (coin, percent, price) => `${coin} surges to ${price}, up ${percent}% in a day`,
    (coin, percent) => `Traders cheer as ${coin} gains ${percent}%`,
    (coin) => `Bulls in control: ${coin} extends its rally`,
    (coin, percent) => `${coin} soars ${percent}%, outpacing the market`,
    (coin, _percent, price) => `${coin} breaks out above ${price} amid heavy buying`,
    (coin, percent) => `Why ${coin} is up ${percent}% today`,
    (coin) => `${coin} rebounds sharply as optimism grows`,
    (coin, percent) => `Short sellers squeezed as ${coin} climbs ${percent}%`,
  ],
  [-1]: [
    (coin, percent) => `${coin} tumbles ${percent}% in heavy selling`,
    (coin, percent, price) => `${coin} drops to ${price}, down ${percent}% in a day`,
    (coin, percent) => `${coin} slides ${percent}% as traders take fright`,
    (coin) => `Bears in control: ${coin} extends its losses`,
    (coin, percent) => `${coin} plunges ${percent}%, liquidations mount`,
    (coin, percent) => `Why ${coin} is down ${percent}% today`,
    (coin, _percent, price) => `${coin} breaks below ${price} amid panic selling`,
    (coin) => `Fear spreads as ${coin} slumps`,
    (coin, percent) => `Leveraged longs wiped out as ${coin} falls ${percent}%`,
    (coin) => `${coin} sinks as investors flee risk`,
  ],
  0: [
    (coin) => `What to watch for ${coin} this week`,
    (coin, _percent, price) => `${coin} trades near ${price} in a quiet session`,
    (coin) => `${coin} developers publish their monthly update`,
    (coin) => `A beginner's guide to ${coin}`,
    (coin) => `${coin} holds steady while traders wait for data`,
    (coin) => `Conference brings ${coin} community together`,
    (coin) => `How ${coin} transaction fees work`,
    (coin) => `Exchange schedules maintenance of its ${coin} wallets`,
    (coin) => `Survey: who holds ${coin} and where`,
    (coin) => `${coin} node software gets a routine release`,
  ],
};

/** What is written without a reason, and therefore without a number. */
export const OPINION_TEMPLATES: Readonly<Record<-1 | 1, readonly Template[]>> = {
  1: [
    (coin) => `Analyst turns bullish on ${coin}`,
    (coin) => `Fund manager optimistic about ${coin} for the long run`,
    (coin) => `${coin} is undervalued, says investor`,
  ],
  [-1]: [
    (coin) => `Analyst turns bearish on ${coin}`,
    (coin) => `Fund manager warns of risks in ${coin}`,
    (coin) => `${coin} is overvalued, says investor`,
  ],
};

/** What people post, by tone. */
export const POST_TEMPLATES: Readonly<Record<Tone, readonly Template[]>> = {
  1: [
    (coin, percent) => `${coin} up ${percent}%, feeling bullish`,
    (coin) => `${coin} is going to the moon 🚀`,
    (coin, percent) => `Woke up and ${coin} had pumped ${percent}%. Great day!`,
    (coin) => `Glad I kept buying ${coin}`,
    (coin, _percent, price) => `${coin} just broke ${price}! Amazing strength`,
  ],
  [-1]: [
    (coin, percent) => `${coin} down ${percent}%, this hurts`,
    (coin) => `Is anyone else worried about ${coin} crashing?`,
    (coin, percent) => `${coin} dumped ${percent}% and I am losing hope`,
    (coin) => `Sold my ${coin} at a loss, terrible week`,
    (coin, _percent, price) => `${coin} lost ${price}. Looks bearish`,
  ],
  0: [
    (coin) => `Daily discussion: ${coin}`,
    (coin) => `Which wallet do you use for ${coin}?`,
    (coin) => `Question about ${coin} fees`,
    (coin) => `Can someone explain how ${coin} works?`,
    (coin) => `How do you report ${coin} in your taxes?`,
  ],
};
