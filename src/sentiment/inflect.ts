const IRREGULAR: Readonly<Record<string, string>> = {
  rise: 'rises rose risen rising',
  fall: 'falls fell fallen falling',
  lose: 'loses lost losing',
  win: 'wins won winning',
  sink: 'sinks sank sunk sinking',
  shrink: 'shrinks shrank shrunk shrinking',
  buy: 'buys bought buying',
  sell: 'sells sold selling',
  leap: 'leaps leapt leaped leaping',
  grow: 'grows grew grown growing',
  break: 'breaks broke broken breaking',
  beat: 'beats beaten beating',
  hit: 'hits hitting',
  cut: 'cuts cutting',
  set: 'sets setting',
  shut: 'shuts shutting',
  put: 'puts putting',
  burst: 'bursts bursting',
  hurt: 'hurts hurting',
  shed: 'sheds shedding',
  slide: 'slides slid sliding',
  steal: 'steals stole stolen stealing',
  take: 'takes took taken taking',
  give: 'gives gave given giving',
  get: 'gets got getting gotten',
  go: 'goes went gone going',
  come: 'comes came coming',
  find: 'finds found finding',
  hold: 'holds held holding',
  keep: 'keeps kept keeping',
  lead: 'leads led leading',
  make: 'makes made making',
  run: 'runs ran running',
  see: 'sees saw seen seeing',
  shoot: 'shoots shot shooting',
  strike: 'strikes struck striking',
  swell: 'swells swelled swollen swelling',
  sue: 'sues sued suing',
  die: 'dies died dying',
  lie: 'lies lied lying',
  bear: 'bears',
  bleed: 'bleeds bled',
  build: 'builds built building',
  become: 'becomes became becoming',
  begin: 'begins began begun beginning',
  bring: 'brings brought bringing',
  draw: 'draws drew drawn drawing',
  drive: 'drives drove driven driving',
  fight: 'fights fought fighting',
  freeze: 'freezes froze frozen freezing',
  lay: 'lays laid laying',
  pay: 'pays paid paying',
  repay: 'repays repaid repaying',
  overcome: 'overcomes overcame overcoming',
  outdo: 'outdoes outdid',
  withdraw: 'withdraws withdrew withdrawn withdrawing',
  slip: 'slips slipped slipping',
  weave: 'weaves',
  pullback: 'pullbacks',
  fee: 'fees',
  bet: 'bets betting',
  bid: 'bids bidding',
  melt: 'melts melted melting',
  rate: 'rates',
  ban: 'bans banned banning',
  forget: 'forgets forgot',
  inch: 'inches inched inching',
  sentence: 'sentences',
  low: 'lows',
  high: 'highs',
};
const vowel = (letter: string | undefined) => letter !== undefined && 'aeiou'.includes(letter);

/**
 * The inflected forms of an English verb or noun, without the word itself: -s, -ed, -ing, or the irregular ones. Some results are not
 * English words; no headline holds them, so they change no score.
 */
export function inflect(word: string): readonly string[] {
  const known = IRREGULAR[word];
  if (known !== undefined) return known.split(' ');
  if (!/^[a-z]{3,}$/.test(word)) return [];
  if (/[^aeiou]y$/.test(word)) {
    const stem = word.slice(0, -1);
    return [`${stem}ies`, `${stem}ied`, `${word}ing`];
  }
  const plural = /(s|x|z|ch|sh|[^aeiou]o)$/.test(word) ? `${word}es` : `${word}s`;
  if (word.endsWith('ee')) return [plural];
  if (word.endsWith('e')) return [plural, `${word}d`, `${word.slice(0, -1)}ing`];
  const doubles =
    !/[wxyh]$/.test(word) && !vowel(word.at(-1)) && vowel(word.at(-2)) && !vowel(word.at(-3)) && word.length <= 5;
  const stem = doubles ? word + word.at(-1) : word;
  const long = word.length === 5 && doubles ? [`${word}ed`, `${word}ing`] : [];
  return [plural, `${stem}ed`, `${stem}ing`, ...long];
}
