import { describe, expect, test } from 'vitest';
import { createHelpCommand } from '../../src/commands/admin/help.ts';
import type { Command } from '../../src/commands/command.ts';
import { usageLine, validateOptions } from '../../src/commands/options.ts';
import { parseLine } from '../../src/commands/typed-line.ts';
import { fakeContext, somebody } from './fakes.ts';

const definition: Command['definition'] = {
  name: 'shelf',
  description: 'Books on a shelf',
  options: [
    { type: 1, name: 'list', description: 'All of them' },
    {
      type: 1,
      name: 'put',
      description: 'One more',
      options: [
        { type: 3, name: 'title', description: 'Its title', required: true },
        { type: 4, name: 'place', description: 'Where' },
      ],
    },
    {
      type: 2,
      name: 'room',
      description: 'Where it stands',
      options: [{ type: 1, name: 'move', description: 'To', options: [{ type: 7, name: 'to', description: 'There' }] }],
    },
  ],
};
const shelf: Command = { definition, execute: async () => ({ embeds: [], files: [], components: [] }) };
const parse = (line: string) => parseLine(line, [shelf]).options;

describe('a line with a subcommand', () => {
  test.each([
    ['/shelf list', { subcommand: 'list' }],
    ['/SHELF Put "Moby Dick" 3', { subcommand: 'put', title: 'Moby Dick', place: 3 }],
    ['/shelf put place:2 title:list', { subcommand: 'put', title: 'list', place: 2 }],
    ['/shelf room move to:#general', { group: 'room', subcommand: 'move', to: 'general' }],
    ['/shelf', { subcommand: 'list' }],
    ['/shelf Moby put', { subcommand: 'put', title: 'Moby' }],
    ['/shelf room move <#12345>', { group: 'room', subcommand: 'move', to: '12345' }],
  ])('%s is understood', (line, options) => {
    expect(parse(line)).toEqual(options);
  });

  test.each([
    ['/shelf title:x', '/shelf needs the name of what to do.'],
    ['/shelf pit', '/shelf has no part "pit".'],
    ['/shelf put', '/shelf put needs the option title.'],
    ['/shelf put titel:x', 'Did you mean title?'],
    ['/shelf list x', '/shelf list has no place for "x".'],
    ['/shelf room', '/shelf has no part "room".'],
    ['/shelf room move to:"a b"', 'must be a channel'],
  ])('%s is refused with a reason', (line, words) => {
    expect(() => parse(line)).toThrow(words);
  });

  test('names the nearest subcommand as the remedy', () => {
    expect(() => parse('/shelf lisst')).toThrow(
      expect.objectContaining({ code: 'CC_USAGE', remedy: 'Did you mean /shelf list?' }),
    );
  });
});

describe('option values of a subcommand', () => {
  test('are checked against that subcommand alone', () => {
    expect(validateOptions(definition, { subcommand: 'put', title: 'x', place: '4' })).toEqual({
      subcommand: 'put',
      title: 'x',
      place: 4,
    });
    expect(() => validateOptions(definition, { subcommand: 'list', title: 'x' })).toThrow('/shelf list has no option');
    expect(() => validateOptions(definition, { title: 'x' })).toThrow('needs the name of what to do');
  });

  test('have a usage line of their own', () => {
    expect(usageLine(definition, ['put'])).toBe('/shelf put title:… [place:…]');
    expect(usageLine(definition, ['room', 'move'])).toBe('/shelf room move [to:…]');
    expect(usageLine(definition)).toBe('/shelf list|put|room move');
  });
});

test('/help names the subcommands in place of options', async () => {
  const reply = await createHelpCommand([shelf]).execute({}, somebody, fakeContext().context);
  expect(reply.embeds[0]?.fields?.map(({ value }) => value).join('\n')).toContain('**/shelf list\\|put\\|room move**');
});
