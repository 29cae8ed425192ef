import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type APIApplicationCommandOption, ApplicationCommandOptionType as Kind } from 'discord.js';
import Sqlite from 'libsql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../src/app/app.ts';
import type { OptionValues } from '../../src/commands/command.ts';
import { dispatch } from '../../src/commands/dispatch.ts';
import { COMMANDS, COMPONENT_HANDLERS, OWNER_COMMANDS } from '../../src/commands/registry.ts';
import { createChannelFeed, localCaller } from '../../src/console/guild.ts';
import { CandlecastError } from '../../src/core/errors.ts';
import { appsOfFiles } from '../support/app-of-files.ts';

const build = appsOfFiles();

describe('an app whose database is not there', () => {
  it('waits for it where it was asked to', async () => {
    const blocked = mkdtempSync(join(tmpdir(), 'candlecast-away-'));
    const path = join(blocked, 'one.db');
    const other = new Sqlite(path);
    other.exec('pragma locking_mode = exclusive; begin exclusive');
    const away: string[] = [];
    const app = await build('never', `sqlite:${path}`, {
      onDatabaseAway: (error) => away.push(error.message),
      sleep: async () => void other.close(),
    });
    expect(away).toEqual([`Cannot open the SQLite file ${path}: another program holds it locked.`]);
    await app.close();
    rmSync(blocked, { recursive: true });
  });

  it('fails at once where it was not', async () => {
    const gone = build('never', 'postgres://nobody@127.0.0.1:9/nothing');
    await expect(gone).rejects.toMatchObject({ code: 'CC_DATABASE', retryable: true });
  });
});

/** Every way a command can be called, each with no options but those it needs. */
function callsOf(options: readonly APIApplicationCommandOption[] = [], given: OptionValues = {}): OptionValues[] {
  const nested = options.flatMap((option) =>
    option.type === Kind.Subcommand
      ? callsOf(option.options, { ...given, subcommand: option.name })
      : option.type === Kind.SubcommandGroup
        ? callsOf(option.options, { ...given, group: option.name })
        : [],
  );
  if (nested.length > 0) return nested;
  const needed = options.filter((option) => option.required === true).map((option) => [option.name, sampleOf(option)]);
  return [{ ...given, ...Object.fromEntries(needed) }];
}

function sampleOf(option: APIApplicationCommandOption): string | number | boolean {
  if (option.type === Kind.String) return option.choices?.[0]?.value ?? 'BTC';
  if (option.type === Kind.Channel) return 'forecasts';
  if (option.type === Kind.Boolean) return true;
  return 'min_value' in option ? (option.min_value ?? 1) : 1;
}

/** What answers, or the code of the refusal. */
async function outcome(answer: Promise<unknown>): Promise<unknown> {
  return answer.then(
    () => 'reply',
    (error: unknown) => (error instanceof CandlecastError ? error.code : error),
  );
}

/** Worker threads of this process that live. */
const threads = () =>
  (process.report.getReport() as unknown as { readonly workers: readonly unknown[] }).workers.length;

/** What one list holds more of than another. */
function without(names: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return names.filter((name) => {
    const at = left.indexOf(name);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

describe('the app on the simulated market, whose models are kept apart from those of this folder', () => {
  let app: App;
  beforeAll(async () => {
    app = await build('always');
  });
  afterAll(() => app.close());
  const caller = localCaller('en-GB');
  const answered = expect.stringMatching(/^(reply|CC_(?!INTERNAL))/);

  const commands = [...COMMANDS, ...OWNER_COMMANDS];
  const calls = commands.flatMap(({ definition }) =>
    // A training run takes minutes; test/services/models holds it.
    callsOf(definition.options)
      .filter((options) => options['subcommand'] !== 'retrain')
      .map((options) => ({ name: definition.name, options, shown: Object.values(options).join(' ') })),
  );
  it.each(calls)(
    'answers /$name $shown, or refuses it with a reason',
    async ({ name, options }) => {
      expect(await outcome(dispatch({ name, options }, caller, app.context, commands))).toEqual(answered);
    },
    180_000,
  );

  it.each(COMPONENT_HANDLERS)('answers a button of $prefix, or refuses it with a reason', async (handler) => {
    const press = { rest: 'nothing', values: [] };
    expect(await outcome(handler.execute(press, caller, app.context))).toEqual(answered);
  });
});

describe('the app', () => {
  it.each(['never', 'always'] as const)(
    'releases everything it opened when it is closed (simulate: %s)',
    async (simulate) => {
      const [before, threadsBefore] = [process.getActiveResourcesInfo(), threads()];
      const app = await build(simulate);
      app.start(createChannelFeed(app.context.now));
      await dispatch('/forecast symbol:BTC horizon:1d', localCaller('en-GB'), app.context);
      expect(threads()).toBeGreaterThan(threadsBefore);
      await app.close();
      await expect.poll(() => without(process.getActiveResourcesInfo(), before)).toEqual([]);
      await expect.poll(threads).toBe(threadsBefore);
      const { database } = await app.context.services.status.status();
      expect(database).toMatchObject({ ok: false });
    },
    180_000,
  );
});
