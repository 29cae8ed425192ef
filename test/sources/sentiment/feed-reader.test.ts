import { describe, expect, it } from 'vitest';
import { readFeed } from '../../../src/sources/sentiment/feed.ts';
import { item, NOW_MS } from './feeds.ts';

const FEED_URL = 'https://paper.example/feeds/all.xml?key=hush';

function read(xml: string, feedUrl = FEED_URL) {
  const answer = { bytes: Buffer.from(xml), contentType: 'text/xml' };
  return readFeed('paper.example', answer, { kind: 'news', outlet: 'paper.example', nowMs: NOW_MS, feedUrl });
}

const titles = (xml: string) => read(xml).map(({ title }) => title);
const channel = (inside: string) => `<rss version="2.0"><channel><title>P</title>${inside}</channel></rss>`;

describe('the time a feed takes', () => {
  const GOOD = channel(item('Bitcoin rises'));
  const PARTS: readonly [string, string][] = [
    ['empty comments', '<!---->'],
    ['comments', '<!-- a -->'],
    ['comments and white space', '<!----> \n\t'],
    ['processing instructions', '<?x y?>'],
    ['white space', ' \n'],
    ['unclosed comments', '<!--'],
    ['unclosed instructions', '<?x '],
    ['unclosed CDATA sections', '<![CDATA['],
    ['unclosed tags', '<a b="'],
    ['declarations', '<!x>'],
    ['ampersands', '&'],
    ['half entities', '&#x'],
    ['dashes', '<!-'],
    ['brackets', ']]'],
    ['encodings', '<?xml encoding="'],
    ['end tags', '</rss '],
    ['attributes', '<a b="c" '],
  ];
  const cases = PARTS.flatMap(([what, part]) => [36, 10_000].map((times) => [times, what, part] as const));

  it.each(cases)('with %i %s before, inside and behind it is short', (times, _what, part) => {
    const many = part.repeat(times);
    const inputs = [
      `${many}${GOOD}`,
      `<?xml version="1.0"?>${many}${GOOD}`,
      channel(`${many}${item('Bitcoin rises')}`),
      channel(item(many)),
      channel(`<item><title/><description><![CDATA[${many}]]></description></item>`),
      `${GOOD}${many}`,
    ];
    const startedMs = performance.now();
    for (const input of inputs) {
      try {
        read(input);
      } catch (error) {
        expect(error).toMatchObject({ code: 'CC_SOURCE_BAD_DATA' });
      }
    }
    // Takes some ten milliseconds; the bound only tells a line from a parabola.
    expect(performance.now() - startedMs).toBeLessThan(3000);
  });

  it.each(['<!---->', '<!-- a -->', '<?x y?>', ' \n'])('does not cost a feed behind ten thousand of %j', (part) => {
    expect(titles(`${part.repeat(10_000)}${GOOD}`)).toEqual(['Bitcoin rises']);
  });
});

describe('the reader of feeds', () => {
  it('compares names by namespace', () => {
    const atom = `<?xml version="1.0"?><a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:entry><a:title type="html">Ether &amp;amp; more</a:title>
      <a:link href="/1"/><a:id>1</a:id><a:updated>2026-06-17T10:00:00Z</a:updated></a:entry></a:feed>`;
    expect(read(atom)).toMatchObject([
      { guid: '1', title: 'Ether & more', url: 'https://paper.example/1', publishedAtMs: Date.UTC(2026, 5, 17, 10) },
    ]);
    const rdf = `<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:s="http://purl.org/rss/1.0/" xmlns:d="http://purl.org/dc/elements/1.1/">
      <s:item><s:title>Old</s:title><s:link>https://old.example/1</s:link><d:date>2026-06-17T10:00:00Z</d:date></s:item></r:RDF>`;
    expect(read(rdf)).toMatchObject([{ title: 'Old', publishedAtMs: Date.UTC(2026, 5, 17, 10) }]);
    // Foreign elements of the same local name are not the item's own.
    const media = `<rss xmlns:m="http://search.yahoo.com/mrss/" xmlns:atom="http://www.w3.org/2005/Atom"><channel><item><m:title>No</m:title>
      <atom:link href="https://no.example/"/><title>Yes</title><link>https://yes.example/</link></item></channel></rss>`;
    expect(read(media)).toMatchObject([{ title: 'Yes', url: 'https://yes.example/' }]);
  });

  it('resolves relative links against the address of the feed, without its query', () => {
    const linked = (link: string) => read(channel(`<item><title>T</title><link>${link}</link></item>`))[0]!.url;
    expect(linked('/news/1?a=b')).toBe('https://paper.example/news/1?a=b');
    expect(linked('1.html')).toBe('https://paper.example/feeds/1.html');
    expect(linked('//other.example/1')).toBe('https://other.example/1');
    expect(linked('?p=1')).toBe('https://paper.example/feeds/all.xml?p=1');
    for (const link of ['#top', '', '//no', 'javascript:alert(1)', 'https://u:p@x.example/'])
      expect(linked(link)).toBeNull();
  });

  it('resolves relative links against xml:base, each against the one around it, and never against a script', () => {
    const linked = (outer: string, inner: string, link = '') =>
      read(
        `<feed xmlns="http://www.w3.org/2005/Atom" ${outer}><entry ${inner}><title>T</title><id>1</id><link href="1" ${link}/></entry></feed>`,
      )[0]!.url;
    expect(linked('xml:base="https://blog.example/a/"', '')).toBe('https://blog.example/a/1');
    expect(linked('xml:base="https://blog.example/a/"', 'xml:base="b/"')).toBe('https://blog.example/a/b/1');
    expect(linked('', 'xml:base="/c/"', 'xml:base="d/"')).toBe('https://paper.example/c/d/1');
    expect(linked('xml:base="javascript:alert(1)//"', 'xml:base=""')).toBe('https://paper.example/feeds/1');
  });

  it('reads what is written in another case, and namespaces that are nearly right', () => {
    const date = Date.UTC(2026, 5, 17, 10);
    const upper = channel('<ITEM><TITLE>T</TITLE><PubDate>2026-06-17T10:00:00Z</PubDate></ITEM>').replace('rss', 'RSS');
    expect(read(upper.replace('</rss', '</RSS'))).toMatchObject([{ title: 'T', publishedAtMs: date }]);
    for (const uri of ['http://purl.org/dc/elements/1.1', 'https://purl.org/dc/elements/1.1/', 'http://dc.example/']) {
      const dated = `<rss xmlns:dc="${uri}"><channel><item><title>T</title><dc:date>2026-06-17T10:00:00Z</dc:date></item></channel></rss>`;
      expect(read(dated)).toMatchObject([{ publishedAtMs: date }]);
    }
    const rdf = '<rdf:RDF xmlns:rdf="https://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">';
    expect(read(`${rdf}<item rdf:about="https://old.example/1"><title>T</title></item></rdf:RDF>`)).toMatchObject([
      { title: 'T', url: 'https://old.example/1' },
    ]);
    const links = '<link rel="self" href="/self"/><link rel="Alternate" href="/a"/>';
    const atom = `<feed xmlns="https://www.w3.org/2005/Atom"><entry><title type="text/html">A &lt;b&gt;b&lt;/b&gt;</title>${links}</entry></feed>`;
    expect(read(atom)).toMatchObject([{ title: 'A b', url: 'https://paper.example/a' }]);
  });

  it('loses one item without measure, and keeps those before it', () => {
    const huge = item('Huge', 'h').replace(
      '</item>',
      `<content:encoded>${'<p>x</p>'.repeat(200_000)}</content:encoded></item>`,
    );
    expect(titles(channel(`${item('A', 'a')}${huge}${item('B', 'b')}`))).toEqual(['A', 'Huge', 'B']);
    for (const odd of ['<category>x</category>'.repeat(40_000), `<description>${'<b>'.repeat(5000)}</description>`]) {
      expect(titles(channel(`${item('A', 'a')}<item>${odd}</item>${item('B', 'b')}`))).toEqual(['A']);
      expect(() => read(channel(`<item>${odd}</item>`))).toThrow(/more tags|nested/);
    }
    const articles = Array.from({ length: 100 }, (_, i) =>
      item(`T${i}`, `${i}`).replace('</item>', `<a>${'<i/>'.repeat(500)}</a></item>`),
    );
    expect(titles(channel(articles.join('')))).toHaveLength(100);
  });

  it('skips a DOCTYPE that declares no entity and refuses one that does', () => {
    const doctype = '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://dtd.example/rss.dtd">';
    expect(titles(`<?xml version="1.0"?>\n${doctype}\n${channel(item('Bitcoin'))}`)).toEqual(['Bitcoin']);
    for (const entity of ['<!ENTITY x "y">', '<!ELEMENT a ANY> <!entity % x SYSTEM "file:///etc/passwd">']) {
      expect(() => read(`<!DOCTYPE rss [${entity}]>${channel(item('&x;'))}`)).toThrow(/DOCTYPE/);
    }
  });

  it('reads the first hundred items of an archive of any size', () => {
    const many = Array.from({ length: 60_000 }, (_, i) => item(`Story ${i}`, `g${i}`)).join('');
    const read100 = titles(channel(many));
    expect(read100).toHaveLength(100);
    expect(read100.at(-1)).toBe('Story 99');
  });

  it('reads items behind an element that was left open, and says when nothing is left of broken XML', () => {
    expect(titles(channel(`<x:a b="c">\n<x:a b="d"/>${item('Kept')}`))).toEqual(['Kept']);
    expect(titles(channel(`<image><title>No</title>${item('Not an item')}</image>${item('Kept')}`))).toEqual(['Kept']);
    expect(titles(channel(`<item><title>A<br>b & c</title><guid>1</guid><p></item>${item('Next')}`))).toEqual([
      'A b & c',
      'Next',
    ]);
    expect(() => read('<rss version="2.0"><channel><a><b></channel></rss>')).toThrow(/broken XML/);
    expect(() => read(channel(item('A')).slice(0, -20))).toThrow(/breaks off/);
    expect(read('<rss version="2.0"><channel/></rss>')).toEqual([]);
  });

  it('titles an item without a title from the start of its description', () => {
    const described = (text: string) =>
      titles(channel(`<item><guid>1</guid><description>${text}</description></item>`));
    expect(described('&lt;p&gt;Bitcoin just &lt;b&gt;crossed&lt;/b&gt; 100k&lt;/p&gt;')).toEqual([
      'Bitcoin just crossed 100k',
    ]);
    const [long] = described('word '.repeat(200));
    expect(long).toMatch(/^(word )+word…$/);
    expect(long!.length).toBeLessThanOrEqual(160);
    expect(titles(channel(`<item><guid>1</guid></item>${item('Kept')}`))).toEqual(['Kept']);
  });
});
