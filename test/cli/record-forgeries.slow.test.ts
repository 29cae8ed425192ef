import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { REST } from 'discord.js';
import { Routes } from 'discord-api-types/v10';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { shippedModelPath } from '../../src/app/models.ts';
import { HORIZON_NAMES } from '../../src/core/horizon.ts';
import { headOf, recordLine } from '../../src/core/record.ts';
import { MINUTE_MS } from '../../src/core/time.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { openSqlite } from '../../src/storage/sqlite.ts';
import { TOKEN } from '../discord/bot.ts';
import { START_MS } from '../support/candles.ts';
import { LoopbackDiscord } from '../support/discord/loopback-discord.ts';
import { CHANNEL_ID, GUILD_ID } from '../support/discord/payloads.ts';
import { type Forgery, forgeRecord, rechain, unguarded } from '../support/forge-record.ts';
import { clockAt, fillHours, HOURS, MODEL } from '../support/hourly-record.ts';
import { unissued } from '../support/ledger.ts';

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'candlecast-forgeries-'));
const original = join(folder, 'original.db');
const clock = { nowMs: START_MS };
let discord: LoopbackDiscord;

/** A record of hours with its model on disk, and a post on Discord at every checkpoint. */
beforeAll(async () => {
  discord = await LoopbackDiscord.start({ token: TOKEN, now: clockAt(clock) });
  discord.channels.put(CHANNEL_ID, { guildId: GUILD_ID });
  const rest = new REST({ version: '10', api: discord.apiUrl }).setToken(TOKEN);
  const models = join(folder, 'models', '1h');
  mkdirSync(models, { recursive: true });
  cpSync(join(shippedModelPath('1h'), '..'), models, { recursive: true });
  copyFileSync(join(models, '1h.json'), join(models, `${MODEL}.json`));
  const storage = await openStorage(`sqlite:${original}`, { now: clockAt(clock) });
  await fillHours(storage, clock, {
    sha256: createHash('sha256')
      .update(readFileSync(join(models, '1h.json')))
      .digest('hex'),
    onCheckpoint: (checkpoint) =>
      rest.post(Routes.channelMessages(CHANNEL_ID), {
        body: {
          allowed_mentions: { parse: [] },
          embeds: [{ description: 'BTC', footer: { text: recordLine(headOf(checkpoint)) } }],
        },
      }),
  });
  await storage.close();
}, 180_000);
afterAll(async () => {
  await discord.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A copy of the record with its models, to be forged. */
class Copy {
  static #made = 0;
  readonly folder = join(folder, `copy-${++Copy.#made}`);
  readonly path = join(this.folder, 'record.db');
  readonly model = join(this.folder, 'data', 'models', '1h', `${MODEL}.json`);

  constructor() {
    mkdirSync(join(this.folder, 'data'), { recursive: true });
    copyFileSync(original, this.path);
    cpSync(join(folder, 'models'), join(this.folder, 'data', 'models'), { recursive: true });
  }

  forge(forgery: Forgery) {
    return forgeRecord(this.path, forgery);
  }

  /** Runs statements past the triggers, and computes all hashes anew where asked to. */
  async run(statements: string, { chained }: { readonly chained: boolean }) {
    const connection = openSqlite(this.path, 'the forged database');
    await unguarded(connection, async () => {
      for (const one of statements.split('; ')) await sql.raw(one).execute(connection.db);
      if (chained) await rechain(connection.db);
    });
    await connection.db.destroy();
  }

  /** Runs a command of the built program on it. */
  cli(args: readonly string[], settings: Readonly<Record<string, string>> = {}) {
    const env = {
      PATH: process.env['PATH'] ?? '',
      DATABASE_URL: `sqlite:${this.path}`,
      MARKET_SOURCES: 'simulated',
      ...settings,
    };
    return new Promise<{ code: number; out: string }>((resolve, reject) => {
      const options = { cwd: this.folder, env, timeout: 100_000 };
      execFile(process.execPath, [CLI, ...args], options, (error, stdout, stderr) => {
        const code = error ? error.code : 0;
        if (typeof code === 'number') resolve({ code, out: stdout + stderr });
        else reject(error);
      });
    });
  }

  /** Verifies the database alone. */
  verify() {
    return this.cli(['record', 'verify']);
  }

  /** Verifies it with the messages on Discord. */
  verifyWithWitnesses() {
    return this.cli(['record', 'verify'], { DISCORD_TOKEN: TOKEN, DISCORD_API_URL: discord.apiUrl });
  }

  doctor() {
    return this.cli(['doctor']);
  }
}

/** What both programs must say, and exit with 1. */
async function expectFault(copy: Copy, text: RegExp) {
  const said = [await copy.verify(), await copy.doctor()];
  for (const { code, out } of said) expect({ code, out }).toEqual({ code: 1, out: expect.stringMatching(text) });
}

it('passes a record as the bot wrote it, with its messages and its model', async () => {
  const copy = new Copy();
  const { code, out } = await copy.verifyWithWitnesses();
  expect(out).toContain('Nothing is wrong. 150 forecasts, 0 marks, ');
  expect(out).toContain('1 model file equal to what forecasts were made by.');
  expect(out).toContain('6 messages in 1 channel, ');
  expect(code).toBe(0);
  const doctor = await copy.doctor();
  expect(doctor.out).toContain(`${5 * HOURS} forecasts, 0 marks, `);
  expect(doctor.code).toBe(0);
}, 120_000);

it('names an outcome that was forged, whatever was done to hide it', async () => {
  const plain = new Copy();
  await plain.run('update outcomes set actual_price = actual_price * 1.01 where number = 20', { chained: false });
  await expectFault(plain, /Outcome 20, of forecast \d+ \(.*\), has been changed, or put in/);
  const hidden = new Copy();
  await hidden.forge({ outcome: (one) => (one.number === 20 ? { ...one, pinball: one.pinball / 2 } : one) });
  await expectFault(hidden, /Outcome 20, of forecast \d+ \(.*\), says pinball /);
}, 120_000);

it('names the row after which the end was cut off', async () => {
  const copy = new Copy();
  await copy.run('delete from outcomes where sequence > 130; delete from ledger where sequence > 130', {
    chained: false,
  });
  await expectFault(copy, /Outcome 1\d\d is missing|names rows that are not there/);
  // With every chain made anew, the messages show it.
  const hidden = new Copy();
  await hidden.forge({ lastForecast: 130 });
  expect((await hidden.verify()).code).toBe(0);
  const { code, out } = await hidden.verifyWithWitnesses();
  expect(out).toMatch(/forecasts? 12[56] to 150|cut off/);
  expect(code).toBe(1);
}, 120_000);

it('finds by the messages that forecasts were rewritten with hindsight, and among which rows the first one is', async () => {
  /** Gives forecasts another chance of a rise, and the score that follows from it. */
  const hindsight = async (isForged: (sequence: number) => boolean) => {
    const copy = new Copy();
    await copy.forge({
      forecast: (entry) => (isForged(entry.sequence) ? { ...entry, pUp: 0.75 } : entry),
      outcome: (one) => (isForged(one.sequence) ? { ...one, brier: one.logReturn > 0 ? 0.0625 : 0.5625 } : one),
    });
    expect((await copy.verify()).code).toBe(0);
    return copy.verifyWithWitnesses();
  };
  const one = await hindsight((sequence) => sequence === 60);
  expect(one.out).toMatch(/forecasts? 51 to 75/);
  expect(one.code).toBe(1);
  const every = await hindsight(() => true);
  expect(every.out).toMatch(/forecasts? 1 to 25/);
  expect(every.code).toBe(1);
}, 120_000);

it('names a trigger that was dropped', async () => {
  const copy = new Copy();
  const { db } = openSqlite(copy.path, 'the forged database');
  await sql`drop trigger outcomes_no_update`.execute(db);
  await db.destroy();
  await expectFault(copy, /The trigger outcomes_no_update of the database, which .*, is missing\./);
}, 120_000);

it('names a model whose row or whose file was changed', async () => {
  const row = new Copy();
  await row.run(`update model_cards set recorded_at_ms = recorded_at_ms - 1 where number = 1`, { chained: false });
  await expectFault(row, /Model 1 has been changed/);
  const file = new Copy();
  appendFileSync(file.model, ' ');
  await expectFault(file, new RegExp(`Model 1 \\(${MODEL}\\): data/models/1h/.* is not the file that forecasts were`));
}, 120_000);

it('names a mark, a revision, a checkpoint and a candle that were forged, with every hash made anew where that hides it', async () => {
  const marked = (markedAtMs: string, sequence = 11) =>
    `update ledger set cause = 'on-demand' where sequence = 11; insert into ledger_marks select 1, ${sequence}, hash, ${markedAtMs}, hash from ledger where sequence = 11`;
  const right = new Copy();
  await right.run(marked('issued_at_ms + 1000'), { chained: true });
  await right.forge({});
  const { code, out } = await right.verify();
  expect(out).toContain('Nothing is wrong. 150 forecasts, 1 mark, ');
  expect(code).toBe(0);
  const cases: readonly (readonly [string, boolean, RegExp])[] = [
    [marked('issued_at_ms + 1000'), false, /Mark 1 has been changed|Forecast 11 .* has been changed/],
    [marked('issued_at_ms + 3000000'), true, /Mark 1 came too late to count/],
    [marked('issued_at_ms + 1000', 12), true, /Mark 1 belongs to no row that was asked for on demand/],
    [
      `insert into outcomes select (select max(number) + 1 from outcomes), sequence, 1, actual_price * 1.01, source, scored_at_ms + 864000000, log_return, pinball, climatology_pinball, absolute_error, naive_scale, direction_hit, brier, band, level, hash from outcomes where number = 20`,
      true,
      /Outcome 1\d\d, of forecast \d+ \(.*\), says logReturn /,
    ],
    ['update checkpoints set at_ms = at_ms + 1 where number = 2', false, /Checkpoint 2 has been changed/],
    ['update checkpoints set at_ms = at_ms - 36000000 where number = 2', true, /Checkpoint 2 is older than a forecast/],
    [
      `update candles set close = close * 1.001 where symbol = 'BTC' and open_time_ms = (select min(target_ms) - 3600000 from ledger where sequence > 40 and symbol = 'BTC' and cause = 'scheduled')`,
      false,
      /(starts from|was scored by the price) .* candle of binance .* closed .*: one of them has been changed/,
    ],
  ];
  for (const [statements, chained, text] of cases) {
    const copy = new Copy();
    await copy.run(statements, { chained });
    const said = await copy.verify();
    expect({ statements, ...said }).toEqual({ statements, code: 1, out: expect.stringMatching(text) });
  }
}, 240_000);

it('names a row that was changed so that its pages are no longer those of the program', async () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    [
      `alter table ledger add column note text default 'x'; update ledger set p_up = 0.9 where sequence = 33`,
      /Forecast 33 \(.*\) has been changed, or put in/,
    ],
    [
      `update outcomes set brier = 'none' where number = 25`,
      /Outcome 25, of forecast \d+ \(.*\), has been changed, or put in/,
    ],
    [
      'update ledger set model = hex(randomblob(4000)) where sequence = 33',
      /Forecast 33 \(.*\) has been changed: it does not hold what this program writes/,
    ],
    [`update ledger set hash = x'00' where sequence = 33`, /Forecast 33 \(.*\) has been changed, or put in/],
  ];
  for (const [statements, text] of cases) {
    const copy = new Copy();
    await copy.run(statements, { chained: false });
    const said = await copy.verify();
    expect({ statements, ...said }).toEqual({ statements, code: 1, out: expect.stringMatching(text) });
  }
}, 120_000);

it('doctor verifies what is new in a record of more than 50,000 forecasts, and says how to verify all', async () => {
  const copy = new Copy();
  const originMs = START_MS + 100 * 24 * 60 * MINUTE_MS;
  const storage = await openStorage(`sqlite:${copy.path}`, { now: () => originMs + MINUTE_MS });
  for (let coin = 0; coin < 8_400; coin += 1_200) {
    const coins = Array.from({ length: 1_200 }, (_, i) => `C${coin + i}`);
    const made = coins.flatMap((symbol) =>
      HORIZON_NAMES.map((horizon) => unissued({ symbol, horizon, originMs, model: MODEL })),
    );
    await storage.ledger.append(made, 'scheduled');
  }
  await storage.close();
  const first = await copy.doctor();
  expect(first.out).toContain('50,550 forecasts, ');
  expect(first.out).not.toContain('Only what is new');
  const again = await copy.doctor();
  expect(again.out).toMatch(
    /Only what is new since \d{4}-\d\d-\d\d was verified: 0 forecasts, .* The 50,550 forecasts before were verified earlier, all on \d{4}-\d\d-\d\d; npm run record -- verify verifies everything again\./,
  );
  expect(again.out.match(/^✗.*/gm)).toBeNull();
  expect(again.code).toBe(0);
}, 180_000);
