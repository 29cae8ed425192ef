import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { TOKEN } from '../discord/bot.ts';
import { type BuiltBot, builtSettings, csvMarket, startBuiltBot } from '../support/built-bot.ts';
import { LoopbackDiscord } from '../support/discord/loopback-discord.ts';
import { CHANNEL_ID, GUILD_ID, USER_ID } from '../support/discord/payloads.ts';
import { parseExposition, sampleValue } from '../support/exposition.ts';
import { describeInPostgres } from '../support/postgres.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { PROMISED_NAMES } from './promised-names.ts';

const WITHIN = { timeout: 120_000, interval: 200 };

let folder: string;
let discord: LoopbackDiscord;
let bot: BuiltBot;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'candlecast-metrics-'));
  discord = await LoopbackDiscord.start({ token: TOKEN, now: Date.now });
  discord.channels.put(CHANNEL_ID);
});
afterEach(async () => {
  bot.child.kill('SIGKILL');
  await bot.exit;
  await discord.close();
  await rm(folder, { recursive: true, force: true });
});

/** Starts the built bot with metrics on a free port, and gives the function that asks it. */
async function start(more: Readonly<Record<string, string>>): Promise<(path: string) => Promise<Response>> {
  const settings = { ...builtSettings(folder, discord.apiUrl), ...csvMarket(), METRICS_PORT: '0', LOG_LEVEL: 'info' };
  bot = startBuiltBot(folder, { ...settings, ...more });
  const port = /"port":(\d+),"msg":"metrics are served"/;
  await expect.poll(() => bot.said.text, WITHIN).toMatch(port);
  return (path) => fetch(`http://127.0.0.1:${port.exec(bot.said.text)![1]}${path}`);
}

interface Answer {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly reason: string }>>;
}
const readiness = async (ask: (path: string) => Promise<Response>) => {
  const response = await ask('/readyz');
  return { status: response.status, ...((await response.json()) as Answer) };
};

describeInPostgres('the built bot under METRICS_PORT', (server) => {
  it('is alive before it is ready, shows what it does without names, and tells when its database falls silent', {
    timeout: 300_000,
  }, async () => {
    const proxy = await TcpProxy.start(server().url);
    try {
      const ask = await start({ DATABASE_URL: proxy.url });
      expect((await ask('/livez')).status).toBe(200);
      await expect.poll(async () => (await readiness(ask)).status, WITHIN).toBe(200);

      await discord.command('help').answered.next();
      const scrape = async () => {
        const text = await (await ask('/metrics')).text();
        return { text, families: parseExposition(text) };
      };
      const answered = { command: 'help', outcome: 'answered' };
      await expect
        .poll(async () => sampleValue((await scrape()).families, 'candlecast_interactions_total', answered), WITHIN)
        .toBe(1);
      await expect.poll(async () => sampleValue((await scrape()).families, 'candlecast_guilds'), WITHIN).toBe(1);
      await expect
        .poll(async () => sampleValue((await scrape()).families, 'candlecast_check_ok', { check: 'database' }), WITHIN)
        .toBe(1);
      const { text, families } = await scrape();
      expect(PROMISED_NAMES.filter((name) => !families.has(name))).toEqual([]);
      expect(sampleValue(families, 'candlecast_gateway_shard_up', { shard: '0' })).toBe(1);
      expect(sampleValue(families, 'candlecast_posts_open')).toBe(0);
      expect(sampleValue(families, 'candlecast_model_info', { interval: '1d' })).toBe(1);
      const callback = { method: 'POST', route: '/interactions/:id/:token/callback' };
      expect(sampleValue(families, 'candlecast_discord_requests_total', callback)).toBe(1);
      for (const phase of ['acknowledge', 'compute', 'send', 'total'])
        expect(sampleValue(families, 'candlecast_interaction_seconds_count', { command: 'help', phase }), phase).toBe(
          1,
        );
      for (const secret of [TOKEN, GUILD_ID, CHANNEL_ID, USER_ID]) expect(text).not.toContain(secret);
      // No label holds a number as long as an id.
      expect(text.match(/="[^"\n]*\d{17,}/)).toBeNull();

      proxy.silence();
      proxy.silentFromNow = true;
      await expect.poll(async () => (await readiness(ask)).checks['database']?.ok, WITHIN).toBe(false);
      const red = await readiness(ask);
      expect(red).toMatchObject({ status: 503, ready: false, checks: { gateway: { ok: true } } });
      const away = await scrape();
      expect(sampleValue(away.families, 'candlecast_check_ok', { check: 'database' })).toBe(0);
      expect(sampleValue(away.families, 'candlecast_gateway_shard_up', { shard: '0' })).toBe(1);
      expect(sampleValue(away.families, 'process_resident_memory_bytes')).toBeGreaterThan(0);
    } finally {
      bot.child.kill('SIGKILL');
      proxy.close();
    }
  });

  it('is not ready any more from SIGTERM on, while it ends what is under way', { timeout: 300_000 }, async () => {
    const ask = await start({ DATABASE_URL: await server().createDatabase() });
    await expect.poll(async () => (await readiness(ask)).status, WITHIN).toBe(200);
    // An answer that Discord does not take keeps the bot ending for seconds.
    discord.fail({ method: 'PATCH', path: /\/messages\/@original$/, status: 500, times: 1, but: 'hang' });
    discord.command('help');
    const computed = { command: 'help', phase: 'compute' };
    await expect
      .poll(async () => {
        const families = parseExposition(await (await ask('/metrics')).text());
        return sampleValue(families, 'candlecast_interaction_seconds_count', computed);
      }, WITHIN)
      .toBe(1);
    bot.child.kill('SIGTERM');
    await expect
      .poll(async () => readiness(ask), { timeout: 4_000, interval: 50 })
      .toMatchObject({ status: 503, checks: { stop: { ok: false } } });
    expect((await ask('/livez')).status).toBe(200);
    expect(await bot.exit).toEqual([0, null]);
  });
});

it('says in one line what to do about a port that is taken', { timeout: 120_000 }, async () => {
  const taken = new URL(discord.apiUrl).port;
  const settings = { ...builtSettings(folder, discord.apiUrl), METRICS_PORT: taken };
  bot = startBuiltBot(folder, settings);
  expect(await bot.exit).toEqual([1, null]);
  expect(bot.said.text).toContain(`Port ${taken} of METRICS_PORT is already in use.`);
  expect(bot.said.text).toContain('Set METRICS_PORT to another port');
  // After the line that says what was started.
  expect(bot.said.text.trim().split('\n')).toEqual([expect.stringMatching(/^Candlecast \d/), expect.any(String)]);
});
