import { expect, it } from 'vitest';
import { askedTogether } from '../../src/core/asked-together.ts';

it('the questions of one moment are asked together, each once, and later ones anew', async () => {
  const asked: (readonly string[])[] = [];
  const length = askedTogether(async (keys: readonly string[]) => {
    asked.push(keys);
    if (keys.includes('bad')) throw new Error('no');
    return new Map(keys.filter((key) => key !== 'unknown').map((key) => [key, key.length]));
  });
  expect(await Promise.all([length('a'), length('bb'), length('a'), length('unknown')])).toEqual([1, 2, 1, undefined]);
  expect(await length('a')).toBe(1);
  expect(asked).toEqual([['a', 'bb', 'unknown'], ['a']]);
  await expect(Promise.all([length('bad'), length('b')])).rejects.toThrow('no');
  expect(await length('b')).toBe(1);
});
