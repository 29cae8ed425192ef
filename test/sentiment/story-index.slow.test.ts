import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/core/random.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/core/time.ts';
import { createStoryIndex, STORY_WINDOW_MS } from '../../src/sentiment/story-index.ts';
import { storyWords } from '../../src/sentiment/story-words.ts';

/** Says headlines one after the other, a minute apart; gives the number of the headline that began each one's story. */
function stories(titles: readonly string[], stepMs = MINUTE_MS): number[] {
  const index = createStoryIndex();
  return titles.map((title, i) => Number(index.assign({ id: String(i), title, firstSeenMs: i * stepMs })));
}

// Written for this test in the manner of the trade; none is a real headline.
describe('the story of a headline', () => {
  it.each([
    ['Regulator approves first spot Solana fund from Northgate', 'Northgate wins approval for first spot Solana fund'],
    ['Hackers drain $320 million from Lantern bridge', 'Lantern bridge hacked: attackers steal $320M'],
    [
      'Bank of Norland to launch crypto custody desk in 2027',
      'Norland’s Central Bank Will Launch a Cryptocurrency Custody Desk in 2027',
    ],
    ['BTC tumbles below $60,000 for first time since March', 'Bitcoin Drops Below $60K for the First Time Since March'],
    ['Mayor Ortega wants city pensions in bitcoin', 'City pensions should hold Bitcoin, says Mayor Ortega'],
    [
      'Quillon Exchange pauses withdrawals, citing wallet upgrade',
      'Quillon exchange paused withdrawals over a wallet upgrade',
    ],
    ['Same words', 'SAME WORDS!'],
  ])('%s = %s', (first, second) => {
    expect(stories([first, second])).toEqual([0, 0]);
  });

  it.each([
    ['Bitcoin falls 5% as traders take profits', 'Bitcoin rises 5% as traders take profits'],
    ['Lantern token soars 5% after Northgate listing', 'Lantern token slumps 5% after Northgate listing'],
    ['Bitcoin price falls below $60,000', 'Bitcoin price falls below $55,000'],
    ['Price analysis 6/15: BTC, ETH, BNB, XRP', 'Price analysis 6/17: BTC, ETH, BNB, XRP'],
    ['News Roundup for June 15, 2026', 'News Roundup for June 16, 2026'],
    ['Regulator approves first spot Solana fund from Northgate', 'Regulator delays decision on Dogecoin trust'],
    ['Bitcoin and Ethereum slide', 'Bitcoin and Cardano slide'],
    ['Ether rallies', 'Bitcoin rallies'],
  ])('%s ≠ %s', (first, second) => {
    expect(stories([first, second])).toEqual([0, 1]);
  });

  it('ends 48 hours after its first headline; a later one begins a new story', () => {
    const title = 'Northgate wins approval for first spot Solana fund';
    expect(stories([title, title], STORY_WINDOW_MS)).toEqual([0, 0]);
    expect(stories([title, title], STORY_WINDOW_MS + 1)).toEqual([0, 1]);
    // Told again and again it does not live for ever.
    expect(stories([title, title, title, title], 20 * HOUR_MS)).toEqual([0, 0, 0, 3]);
  });

  it('goes on after a restart with stored headlines', () => {
    const index = createStoryIndex();
    index.remember({ id: 'b', title: 'Hackers drain $320 million from Lantern bridge', firstSeenMs: 0 }, 'a');
    expect(index.assign({ id: 'c', title: 'Lantern bridge hacked: attackers steal $320M', firstSeenMs: 1 })).toBe('a');
  });

  it('is found quickly among thousands, and old headlines are removed', () => {
    const index = createStoryIndex();
    const startedMs = performance.now();
    for (let i = 0; i < 6_000; i++) {
      const title = `Firm w${i % 977} of town x${i % 613} buys stake number ${i} in miner y${i % 389}`;
      index.assign({ id: String(i), title, firstSeenMs: i * MINUTE_MS });
    }
    expect(performance.now() - startedMs).toBeLessThan(15_000);
  });

  it('is found quickly also among headlines made to have much in common', () => {
    const random = seededRandom(5);
    const letters = 'bcdfghjklmnpqrtvwx';
    const word = () => {
      const at = Math.floor(random() * 600);
      return `${letters[at % 18]}o${letters[Math.floor(at / 18) % 18]}${letters[Math.floor(at / 324)]}`;
    };
    const title = () => Array.from({ length: 60 }, word).join(' ');
    const index = createStoryIndex();
    for (let i = 0; i < 3_000; i++) index.remember({ id: `${i}`, title: title(), firstSeenMs: i }, `${i}`);
    const begin = process.cpuUsage();
    for (let i = 3_000; i < 3_100; i++) index.assign({ id: `${i}`, title: title(), firstSeenMs: i });
    const { user, system } = process.cpuUsage(begin);
    expect((user + system) / 1000).toBeLessThan(2_000);
  });

  it('compares amounts and words as they are meant', () => {
    expect(storyWords('$60K')).toEqual(storyWords('60,000'));
    expect(storyWords('USD 1.5 billion')).toContain('#1500000000');
    expect(storyWords('Ether’s rallies')).toEqual(storyWords('ETH rally'));
    for (const word of ['rise', 'fall', 'price', 'mine', 'trade', 'acquire']) {
      expect(storyWords(`${word}s`), word).toEqual(storyWords(word));
    }
    expect(storyWords('')).toEqual([]);
  });
});
