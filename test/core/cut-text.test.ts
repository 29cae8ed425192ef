import { describe, expect, it } from 'vitest';
import { cutText } from '../../src/core/cut-text.ts';

describe('cutText', () => {
  const family = '👨‍👩‍👧‍👦';

  it.each([
    ['leaves a text that fits', 'BTC', 10, 'BTC'],
    ['cuts between letters', 'Bitcoin', 3, 'Bit'],
    ['keeps or drops an emoji whole', 'ab🚀c', 3, 'ab'],
    ['keeps an emoji that just fits', 'ab🚀c', 4, 'ab🚀'],
    ['does not cut a family into persons', `a${family}b`, 8, 'a'],
    ['does not take the accent from its letter', 'cafe\u0301s', 4, 'caf'],
    ['does not cut a flag in half', 'x🇩🇪', 3, 'x'],
    ['cuts a character that is longer than everything between its code points', family, 4, '👨\u200d'],
    ['cuts to nothing', 'abc', 0, ''],
    ['replaces a half that was there before', 'a\ud83d', 5, 'a\ufffd'],
    ['replaces a half before the cut', '\ude80abcdef', 3, '\ufffdab'],
  ])('%s', (_name, text, most, cut) => {
    expect(cutText(text, most)).toBe(cut);
  });

  it('never returns half a character or more than was asked for, wherever it cuts', () => {
    const text = `${family}🇩🇪e\u0301🚀\ud83dz\ude80${'👍🏽'.repeat(5)}`;
    for (let most = 0; most <= text.length; most++) {
      const cut = cutText(text, most);
      expect(cut.isWellFormed()).toBe(true);
      expect(cut.length).toBeLessThanOrEqual(most);
    }
  });
});
