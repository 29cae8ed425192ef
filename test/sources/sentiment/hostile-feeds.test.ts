import { describe, expect, it } from 'vitest';
import { sendGzipBomb } from '../../support/gzip-bomb.ts';
import { hang, text } from '../../support/http-server.ts';
import { bytes, feedAt, item, rss } from './feeds.ts';

const LAUGHS = `<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">${Array.from(
  { length: 9 },
  (_, i) => `<!ENTITY lol${i + 1} "${`&lol${i || ''};`.repeat(10)}">`,
).join('')}]><rss><channel><item><title>&lol9;</title></item></channel></rss>`;
const EXTERNAL = `<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss><channel><item><title>&x;</title></item></channel></rss>`;
const utf16 = (body: string, bigEndian: boolean) => {
  const buffer = Buffer.from(`\ufeff${body}`, 'utf16le');
  return bigEndian ? buffer.swap16() : buffer;
};

describe('a hostile feed', () => {
  it.each([
    ['a billion laughs', LAUGHS, /DOCTYPE/],
    ['an external entity', EXTERNAL, /DOCTYPE/],
    ['a DOCTYPE behind the root', rss(`<!doctype x>${item('T')}`), /DOCTYPE/],
    ['a web page', '<!DOCTYPE html><html><body><h1>Just a moment…</h1></body></html>', /a web page instead/],
    ['a web page without a DOCTYPE', '<html><head></head></html>', /a web page instead/],
    ['JSON', '{"items":[]}', /no XML/],
    ['nothing', '   ', /an empty answer/],
    ['other XML', '<opml><body/></opml>', /neither RSS nor Atom/],
    ['half a document', `${rss(item('A')).slice(0, 120)}`, /breaks off/],
    ['crossed tags', '<rss><channel><item><link>x</item></link></channel></rss>', /broken XML|single title/],
    [
      '100,000 elements in one another',
      `<rss>${'<a>'.repeat(99_000)}${'</a>'.repeat(99_000)}</rss>`,
      /nested more than/,
    ],
    ['nesting just past the limit', `<rss>${'<a>'.repeat(60)}${'</a>'.repeat(60)}</rss>`, /nested more than/],
    ['a million tags', `<rss><channel>${'<x/>'.repeat(1_000_000)}</channel></rss>`, /more tags than any feed/],
    ['items without titles', rss('<item><guid>1</guid></item>'), /without a single title/],
    [
      'names of the language’s own',
      '<rss><channel><__proto__><item><title>x</title></item></__proto__></channel></rss>',
      /./,
    ],
  ])('with %s is refused in little time and lowers only its own health', async (_what, body, words) => {
    const { source, fetch } = await feedAt(bytes(body));
    const startedMs = performance.now();
    const outcome = await fetch().catch((error: unknown) => error);
    expect(performance.now() - startedMs).toBeLessThan(15_000);
    if (Array.isArray(outcome)) {
      expect(outcome).toEqual([]);
      return;
    }
    expect(outcome).toMatchObject({ code: 'CC_SOURCE_BAD_DATA', message: expect.stringMatching(words) });
    expect(source.health()).toMatchObject({ state: 'degraded', lastFailure: { code: 'CC_SOURCE_BAD_DATA' } });
    expect(({} as Record<string, unknown>)['item']).toBeUndefined();
  });

  it.each([
    ['100,000 empty comments before it', `${'<!---->'.repeat(100_000)}${rss(item('T'))}`, 'T'],
    ['CDATA inside CDATA', rss(item('<![CDATA[a <![CDATA[b]]> c]]>')), /^a .*b/],
    ['an attribute of a million characters', rss(`<item x="${'y'.repeat(1_000_000)}"><title>T</title></item>`), 'T'],
    ['a million brackets in a title', rss(item(`<![CDATA[${'<'.repeat(1_000_000)}]]>`)), /^<{100}/],
    ['a comment that never ends', `<!--${'x'.repeat(1_000_000)}`, null],
    ['a CDATA section that never ends', `<rss><channel><item><title><![CDATA[${'x]]'.repeat(300_000)}`, null],
    ['100,000 entities of its own', rss(item('&a;'.repeat(100_000))), /^&a;/],
  ])('with %s is read or refused in little time', async (_what, body, title) => {
    const { fetch } = await feedAt(bytes(body));
    const outcome = await fetch().catch((error: unknown) => error);
    if (title === null) expect(outcome).toMatchObject({ code: 'CC_SOURCE_BAD_DATA' });
    else expect(outcome).toMatchObject([{ title: title instanceof RegExp ? expect.stringMatching(title) : title }]);
  });

  it('that sends 100 MB is cut at sixteen', async () => {
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    let sent = 0;
    const { fetch } = await feedAt((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/xml' });
      const more = () => {
        while (sent < 100 && !response.destroyed) {
          sent++;
          if (!response.write(chunk)) {
            response.once('drain', more);
            return;
          }
        }
        response.end();
      };
      more();
    });
    await expect(fetch()).rejects.toMatchObject({ code: 'CC_SOURCE_TOO_LARGE' });
    expect(sent).toBeLessThan(60);
  });

  it('that unpacks to a gigabyte is cut too', async () => {
    let progress = { bytes: 0 };
    const { fetch } = await feedAt((_request, response) => {
      progress = sendGzipBomb(response) as typeof progress;
    });
    await expect(fetch()).rejects.toMatchObject({ code: 'CC_SOURCE_TOO_LARGE' });
    expect(progress.bytes).toBeLessThan(1024 * 1024 * 1024);
  });

  it('that never answers is given up', async () => {
    const { fetch } = await feedAt(hang, { timeoutMs: 50 });
    await expect(fetch()).rejects.toMatchObject({ code: 'CC_SOURCE_TIMEOUT' });
  });

  it('that leads to another host is not followed', async () => {
    const { fetch } = await feedAt(text('', 302, { location: 'http://localhost:1/secret' }));
    await expect(fetch()).rejects.toMatchObject({
      code: 'CC_SOURCE_BAD_DATA',
      message: expect.stringContaining('another host'),
    });
  });

  it('with markup, scripts, mentions and invisible characters gives plain words', async () => {
    const titles = [
      '<![CDATA[<script>alert(1)</script><b onclick="x()">Bitcoin</b> rises<img src=x onerror=alert(1)>]]>',
      '&lt;script&gt;alert(1)&lt;/script&gt;Ether falls',
      '<![CDATA[@everyone <@123456789012345678> <@&1> buy now @here]]>',
      'sell &lt;@\u200b123456789012345678&gt; and &lt;#\u00ad1&gt; now',
      'Safe \u202Egnp.exe\u202C zero\u200bwidth \u2066iso\u2069 \ufeffmark',
      'Line\u0007 one&#10;line two&#x2028;three\ttab',
      `Z${'\u0351'.repeat(200)}algo`,
      `${'long '.repeat(500)}`,
    ];
    const { fetch } = await feedAt(bytes(rss(titles.map((title, i) => item(title, `g${i}`)).join(''))));
    const cleaned = (await fetch()).map(({ title }) => title);
    expect(cleaned.slice(0, 6)).toEqual([
      'Bitcoin rises',
      'Ether falls',
      'everyone buy now here',
      'sell and now',
      'Safe gnp.exe zerowidth iso mark',
      'Line one line two three tab',
    ]);
    expect(cleaned[6]!.length).toBeLessThan(12);
    expect(cleaned[7]).toHaveLength(300);
    for (const title of cleaned) expect(title).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}<>]/u);
  });

  it.each([
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'https://user:pass@paper.example/',
    '//no',
    'x'.repeat(3000),
  ])('with the address %.40s has no address', async (link) => {
    const { fetch } = await feedAt(bytes(rss(`<item><title>T</title><link>${link}</link><guid>1</guid></item>`)));
    expect(await fetch()).toMatchObject([{ title: 'T', url: null }]);
  });

  it.each([
    ['UTF-8 with a mark', Buffer.from(`\ufeff${rss(item('Café €'))}`), 'text/xml'],
    [
      'UTF-16, little end first',
      utf16(rss(item('Café €'), '<?xml version="1.0" encoding="UTF-16"?>'), false),
      'text/xml',
    ],
    ['UTF-16, big end first', utf16(rss(item('Café €'), '<?xml version="1.0" encoding="UTF-16"?>'), true), 'text/xml'],
    ['UTF-16 without a mark', utf16(rss(item('Café €')), false).subarray(2), 'text/xml'],
    [
      'Windows’ Western by header',
      Buffer.concat([
        Buffer.from('<rss><channel><item><title>Caf\xe9 ', 'latin1'),
        Buffer.from([0x80]),
        Buffer.from('</title></item></channel></rss>'),
      ]),
      'text/xml; charset=windows-1252',
    ],
    [
      'Windows’ Western by declaration',
      Buffer.concat([
        Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><rss><channel><item><title>Caf\xe9 ', 'latin1'),
        Buffer.from([0x80]),
        Buffer.from('</title></item></channel></rss>'),
      ]),
      'text/xml',
    ],
    ['UTF-16 without a mark or a declaration', Buffer.from(rss(item('Café €'), ''), 'utf16le'), 'text/xml'],
    ['UTF-8 that the header calls Latin-1', Buffer.from(rss(item('Café €'))), 'text/xml; charset=ISO-8859-1'],
    [
      'Windows’ Western that nobody declares',
      Buffer.concat([
        Buffer.from('<rss><channel><item><title>Caf\xe9 ', 'latin1'),
        Buffer.from([0x80]),
        Buffer.from('</title></item></channel></rss>'),
      ]),
      'text/xml',
    ],
    ['an encoding nobody knows', Buffer.from(rss(item('Café €'))), 'text/xml; charset=klingon-8'],
    [
      'a declaration that cannot be true',
      Buffer.from(rss(item('Café €'), '<?xml version="1.0" encoding="UTF-16"?>')),
      'text/xml',
    ],
  ])('in %s is decoded', async (_what, body, type) => {
    const { fetch } = await feedAt(bytes(body, type));
    expect(await fetch()).toMatchObject([{ title: 'Café €' }]);
  });

  it('with single bad bytes loses them, and with many is refused', async () => {
    const some = Buffer.concat([
      Buffer.from('<rss><channel><item><title>Good'),
      Buffer.from([0xff, 0xc3]),
      Buffer.from(` words${' '.repeat(300)}</title></item></channel></rss>`),
    ]);
    expect(await (await feedAt(bytes(some))).fetch()).toMatchObject([{ title: 'Good words' }]);
    const many = Buffer.concat([
      Buffer.from('<rss><channel>'),
      Buffer.alloc(500, 0xff),
      Buffer.from('</channel></rss>'),
    ]);
    await expect((await feedAt(bytes(many))).fetch()).rejects.toMatchObject({
      code: 'CC_SOURCE_BAD_DATA',
      message: expect.stringContaining('another encoding'),
    });
  });
});
