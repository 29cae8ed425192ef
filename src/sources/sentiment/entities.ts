/** The names that occur in titles; any other is left as it stands. */
const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  ndash: '–',
  mdash: '—',
  lsquo: '‘',
  rsquo: '’',
  sbquo: '‚',
  ldquo: '“',
  rdquo: '”',
  bdquo: '„',
  laquo: '«',
  raquo: '»',
  hellip: '…',
  bull: '•',
  middot: '·',
  euro: '€',
  pound: '£',
  yen: '¥',
  cent: '¢',
  deg: '°',
  copy: '©',
  reg: '®',
  trade: '™',
  times: '×',
  frac12: '½',
  frac14: '¼',
  eacute: 'é',
  egrave: 'è',
  aacute: 'á',
  agrave: 'à',
  auml: 'ä',
  ouml: 'ö',
  uuml: 'ü',
  Auml: 'Ä',
  Ouml: 'Ö',
  Uuml: 'Ü',
  szlig: 'ß',
  oacute: 'ó',
  uacute: 'ú',
  iacute: 'í',
  ntilde: 'ñ',
  ccedil: 'ç',
  zwnj: '',
  zwj: '',
  shy: '',
};

const XML_NAMED = new Set(['amp', 'lt', 'gt', 'quot', 'apos']);
const ENTITY = /&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|([a-zA-Z][a-zA-Z\d]{1,10}));/g;

/** Replaces each entity of HTML once; what comes out is not looked at again. Unknown ones stay, impossible ones vanish. */
export function decodeEntities(text: string): string {
  return text.replace(ENTITY, (whole, decimal?: string, hex?: string, name?: string) =>
    name === undefined ? characterOf(Number.parseInt(decimal ?? hex!, decimal ? 10 : 16)) : (NAMED[name] ?? whole),
  );
}

/** The same for XML, which knows five names; the rest is left to whoever reads the text as HTML. */
export function decodeXmlEntities(text: string): string {
  return text.replace(ENTITY, (whole, decimal?: string, hex?: string, name?: string) => {
    if (name === undefined) return characterOf(Number.parseInt(decimal ?? hex!, decimal ? 10 : 16));
    return XML_NAMED.has(name) ? NAMED[name]! : whole;
  });
}

/**
 * What Windows has at 0x80 to 0x9f, where Latin-1 has controls. Node's own decoder takes the one for the other in several versions
 * (nodejs/node#56542), so it cannot be asked.
 */
const WINDOWS = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

/** Replaces the controls of Latin-1 by what Windows has in their place. */
export function fromWindows(text: string): string {
  return text.replace(/[\u0080-\u009f]/g, (character) => WINDOWS[character.charCodeAt(0) - 0x80]!);
}

function characterOf(code: number): string {
  if (code > 0x10ffff || code === 0 || (code >= 0xd800 && code <= 0xdfff)) return '';
  // As browsers do: these numbers are meant as Windows has them.
  if (code >= 0x80 && code <= 0x9f) return WINDOWS[code - 0x80]!;
  return String.fromCodePoint(code);
}
