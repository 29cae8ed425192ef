import { expect, it } from 'vitest';
import { COMMANDS } from '../../src/commands/registry.ts';
import { catalogue, chooseExamples } from '../../src/console/catalogue.ts';

const entries = catalogue(COMMANDS);
const lines = (symbols: string[], movable: boolean) =>
  chooseExamples(entries, symbols, movable).map(({ line }) => line);

it.each([[['BTC']], [['DOGE', 'SOL']], [['WIF', 'PEPE', 'BTC']]])(
  'offers examples about tracked coins alone: of %j',
  (symbols) => {
    for (const movable of [false, true]) {
      const named = lines(symbols, movable).flatMap((line) => /symbols?:(\S+)/.exec(line)?.[1]?.split(',') ?? []);
      expect(named.length).toBeGreaterThan(1);
      expect(symbols).toEqual(expect.arrayContaining(named));
      expect(lines(symbols, movable)).toHaveLength(3);
    }
  },
);
