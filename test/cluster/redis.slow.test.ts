import { Redis } from 'ioredis';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createNotices } from '../../src/cluster/notices.ts';
import { openRedis, type RedisLink } from '../../src/cluster/redis.ts';
import { type Logger, silentLogger } from '../../src/core/logger.ts';
import { describeWithRedis } from '../support/redis.ts';

const open: RedisLink[] = [];
const connect = (url: string, logger: Logger = silentLogger): RedisLink => {
  const link = openRedis({ url, now: () => performance.now(), logger });
  open.push(link);
  return link;
};
afterEach(() => {
  for (const link of open.splice(0)) link.close();
});

/** A logger that keeps its lines as JSON. */
function keepingLogger(): { readonly logger: Logger; readonly lines: string[] } {
  const lines: string[] = [];
  const keep = (level: string) => (facts: object, message: string) =>
    void lines.push(JSON.stringify({ level, message, ...facts }));
  return { lines, logger: { debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') } };
}

const up = (link: RedisLink) => vi.waitFor(() => expect(link.isUp()).toBe(true), { timeout: 60_000, interval: 20 });
const down = (link: RedisLink) => vi.waitFor(() => expect(link.isUp()).toBe(false), { timeout: 60_000, interval: 20 });

describe('a Redis that is not there', () => {
  it('costs one line in the log and no exception, and answers at once with nothing', async () => {
    const { logger, lines } = keepingLogger();
    const link = connect('redis://someone:s3cret%21word@127.0.0.1:1', logger);
    await vi.waitFor(() => expect(lines).toHaveLength(1), { timeout: 5_000 });
    // Long enough for several attempts.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('Redis is not there');
    expect(lines[0]).not.toContain('s3cret');
    let asked = 0;
    expect(await link.ask(async () => ++asked)).toBeUndefined();
    expect(asked).toBe(0);
  });
});

describeWithRedis('a connection to Redis', (server) => {
  it('says when an outage begins and ends, once each, and works again by itself', async () => {
    const { logger, lines } = keepingLogger();
    const link = connect(server().url, logger);
    const changes: boolean[] = [];
    link.onChange((isUp) => changes.push(isUp));
    await up(link);
    expect(await link.ask((redis) => redis.set('a', '1'))).toBe('OK');
    await server().kill();
    await down(link);
    expect(await link.ask((redis) => redis.get('a'))).toBeUndefined();
    await new Promise((resolve) => setTimeout(resolve, 500));
    await server().start();
    await up(link);
    expect(await link.ask((redis) => redis.get('a'))).toBeNull();
    expect(changes).toEqual([true, false, true]);
    const said = lines.map((line) => (JSON.parse(line) as { message: string }).message);
    expect(said).toEqual([
      'connected to Redis',
      'Redis is not there; going on without it until it answers again',
      'Redis answers again',
    ]);
  }, 40_000);

  it('gives up a server that is silent after a second, and finds it again', async () => {
    const link = connect(server().url);
    await up(link);
    server().freeze();
    const askedAtMs = performance.now();
    expect(await link.ask((redis) => redis.get('a'))).toBeUndefined();
    expect(performance.now() - askedAtMs).toBeLessThan(5_000);
    expect(link.isUp()).toBe(false);
    server().resume();
    await up(link);
    expect(await link.ask((redis) => redis.set('a', '2'))).toBe('OK');
  }, 40_000);

  it('is away while Redis takes no writes', async () => {
    const link = connect(server().url);
    const other = connect(server().url);
    await up(link);
    await up(other);
    await other.ask((redis) => redis.replicaof('127.0.0.1', 1));
    expect(await link.ask((redis) => redis.set('a', '1'))).toBeUndefined();
    expect(link.isUp()).toBe(false);
    // A plain connection tells the server to be itself again.
    const plain = new Redis(server().url);
    await plain.replicaof('NO', 'ONE');
    plain.disconnect();
    await up(link);
  }, 40_000);

  it('carries notices to other processes and to this one, also after an outage, and ignores what it does not know', async () => {
    const here = createNotices(connect(server().url), silentLogger);
    const linkThere = connect(server().url);
    const there = createNotices(linkThere, silentLogger);
    const heard: string[] = [];
    here.subscribe('model-changed', () => {
      throw new Error('a listener with a fault');
    });
    here.subscribe('model-changed', (about) => heard.push(`here ${about}`));
    there.subscribe('model-changed', (about) => heard.push(`there ${about}`));
    there.subscribe('subscription-changed', (about) => heard.push(`other ${about}`));
    const arrives = async (about: string) =>
      vi.waitFor(
        () => {
          here.publish('model-changed', about);
          expect(heard).toContain(`there ${about}`);
        },
        { timeout: 60_000, interval: 100 },
      );
    await arrives('1d');
    expect(heard.filter((one) => one === 'here 1d').length).toBeGreaterThan(0);
    await server().kill();
    here.publish('model-changed', 'outage');
    expect(heard.at(-1)).toBe('here outage');
    await server().start();
    await arrives('1h');
    await linkThere.ask((redis) => redis.publish('candlecast:notices', '{"kind":"later","about":"x","from":"y"}'));
    await linkThere.ask((redis) => redis.publish('candlecast:notices', 'no JSON'));
    await arrives('again');
    expect(heard.some((one) => one.startsWith('other'))).toBe(false);
  }, 180_000);

  it('strikes the password out of what it logs', async () => {
    const { logger, lines } = keepingLogger();
    const { port } = server();
    connect(`redis://wrong:pass%2Fw0rd@127.0.0.1:${port}`, logger);
    await vi.waitFor(() => expect(lines.length).toBeGreaterThan(0), { timeout: 60_000 });
    expect(lines.join('\n')).toMatch(/WRONGPASS/);
    expect(lines.join('\n')).not.toMatch(/pass%2Fw0rd|pass\/w0rd/);
  }, 180_000);
});

describe('notices of one process', () => {
  it('reach its listeners until they end', () => {
    const notices = createNotices(null, silentLogger);
    const heard: string[] = [];
    const end = notices.subscribe('channel-facts-changed', (about) => heard.push(about));
    notices.publish('channel-facts-changed', '1');
    notices.publish('model-changed', '2');
    end();
    notices.publish('channel-facts-changed', '3');
    expect(heard).toEqual(['1']);
  });
});
