import { describe, expect, it } from 'vitest';
import { KNOWN_ASSETS } from '../../src/core/asset.ts';
import { DAY_MS } from '../../src/core/time.ts';
import { createHeadlineClassifier, isEnglish, OLD_MS } from '../../src/sentiment/headline-classifier.ts';

let count = 0;
const classifier = await createHeadlineClassifier(KNOWN_ASSETS);
const reason = (title: string) =>
  classifier.classify({ id: `h${++count}`, outlet: `o${count}`, title, publishedAtMs: null, firstSeenMs: 0 })?.setAside;

describe('what is set aside', () => {
  it.each([
    'BTC: $60,123.45 (+1.2%)',
    'Bitcoin Price Today: $60,123 | 24h Change: -2.3%',
    'ETH $3,000.12 +1.2% 24h vol $12B',
    '1 BTC = 60000.00 USD',
    'Bitcoin last price $60,000 #btc',
    '🚨 1,000 #BTC (60,000,000 USD) transferred from unknown wallet to #Binance',
  ])('as a price bot’s: %s', (title) => {
    expect(reason(title)).toBe('price-bot');
  });

  it.each([
    'Use my referral code ABC for $50 of free BTC',
    'Join our Telegram for daily signals',
    'DM me for investment advice, guaranteed profit every day!',
    'Recover your lost crypto with the best hacker',
    'The next 100x gem presale is live',
    'Claim your free airdrop now!',
    '[Sponsored] The best exchange of 2026',
    '🚀🚀🚀🚀🚀🚀 pump it',
    '#btc #eth #sol #doge #xrp #ada wow',
    '!!! 100 !!!',
  ])('as spam: %s', (title) => {
    expect(reason(title)).toBe('spam');
  });

  it.each([
    'El precio de Bitcoin cae por debajo de los 60.000 dólares',
    'Bitcoin-Kurs fällt unter 60.000 Dollar',
    'Le Bitcoin chute sous les 60 000 dollars',
    'O preço do Bitcoin cai abaixo de 60 mil dólares',
    'Bitcoin fiyatı 60.000 doların altına düştü',
    'Биткоин упал ниже 60 000 долларов',
    '比特币跌破6万美元',
    'ビットコインが6万ドルを下回る',
    'سعر البيتكوين ينخفض دون 60 ألف دولار',
  ])('as written in another language: %s', (title) => {
    expect(reason(title)).toBe('language');
  });

  it.each([
    'Bitcoin falls below $60,000 as traders take profits',
    'Bitcoin Price: $4K Is the New Bottom',
    'Bitcoin up 5% today?',
    'Elon Musk Bitcoin giveaway scam nets $2M',
    'Uniswap airdrop: how to claim',
    'Police recover stolen Bitcoin',
    'Court freezes referral scheme’s wallets',
    'Which wallet do you use for $BTC?',
    'Bitcoin is going to the moon 🚀',
    'HODL',
    'Daily discussion: Bitcoin',
    'El Salvador buys more bitcoin for its reserve',
    'Deutsche Bank and Société Générale test tokenized bonds',
  ])('is not: %s', (title) => {
    expect(reason(title)).toBeNull();
  });

  it('says in which language a title is only where there is enough of it', () => {
    expect(isEnglish('')).toBe(true);
    expect(isEnglish('$BTC 🚀')).toBe(true);
    expect(isEnglish('Пора')).toBe(false);
  });
});

describe('what was published before it was first seen', () => {
  const NOW_MS = 100 * DAY_MS;
  const classified = (publishedAtMs: number | null) =>
    classifier.classify({
      id: `h${++count}`,
      outlet: `o${count}`,
      title: 'Northgate lists Solana futures',
      publishedAtMs,
      firstSeenMs: NOW_MS,
    });

  it('by more than two days is set aside and begins no story', () => {
    expect(classified(NOW_MS - OLD_MS - 1)).toMatchObject({ setAside: 'old', symbols: ['SOL'], storyId: `h${count}` });
    expect(classified(NOW_MS - 30 * DAY_MS)).toMatchObject({ setAside: 'old', storyId: `h${count}` });
    // The next outlet's fresh telling is the first that counts.
    expect(classified(NOW_MS - DAY_MS)).toMatchObject({ setAside: null, storyId: `h${count}` });
  });

  it('by less, or nobody knows when, counts', () => {
    for (const publishedAtMs of [NOW_MS - OLD_MS, NOW_MS, null]) expect(classified(publishedAtMs)?.setAside).toBeNull();
  });
});

describe('a title made to be slow to read', () => {
  const parts = [
    '1',
    '1,',
    '1 ',
    'a1',
    '1a',
    '$',
    '(1',
    '# ',
    'guaranteed profit ',
    'doge ',
    'The ',
    'A, ',
    '.',
    'é',
    '1 btc ',
  ];

  it.each(parts.map((part) => [JSON.stringify(part), part.repeat(300).slice(0, 300)]))(
    'of many %s is not',
    (_, title) => {
      const begin = process.cpuUsage();
      classifier.classify({ id: `h${++count}`, outlet: `o${count}`, title, publishedAtMs: null, firstSeenMs: 0 });
      const { user, system } = process.cpuUsage(begin);
      expect(user + system).toBeLessThan(250_000);
    },
  );
});

describe('the same words of the same outlet', () => {
  it('are kept once in 48 hours, under whatever guid', async () => {
    const fresh = await createHeadlineClassifier(KNOWN_ASSETS);
    const say = (id: string, outlet: string, title: string, firstSeenMs: number) =>
      fresh.classify({ id, outlet, title, publishedAtMs: null, firstSeenMs });
    expect(say('1', 'a', 'Ether climbs on fund hopes', 0)).toEqual({ symbols: ['ETH'], storyId: '1', setAside: null });
    expect(say('2', 'a', 'Ether climbs, on fund hopes', 1000)).toBeNull();
    expect(say('3', 'b', 'Ether climbs on fund hopes', 1000)).toMatchObject({ storyId: '1' });
    expect(say('4', 'a', 'Ether climbs on fund hopes', 49 * 3_600_000)).toMatchObject({ storyId: '4' });
  });

  it('that are set aside begin no story', async () => {
    const fresh = await createHeadlineClassifier(KNOWN_ASSETS);
    expect(
      fresh.classify({
        id: '1',
        outlet: 'a',
        title: 'Join our Telegram for Northgate signals today',
        publishedAtMs: null,
        firstSeenMs: 0,
      }),
    ).toMatchObject({
      setAside: 'spam',
      storyId: '1',
    });
    expect(
      fresh.classify({
        id: '2',
        outlet: 'b',
        title: 'Join our Telegram for Northgate signals today',
        publishedAtMs: null,
        firstSeenMs: 0,
      }),
    ).toMatchObject({
      storyId: '2',
    });
  });
});
