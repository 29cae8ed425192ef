/**
 * Names of zones beside their own: abbreviations, of which several mean more than one zone, and cities and countries as people who write the bot's
 * languages call them, in small letters without accents.
 */
const NAMES: Readonly<Record<string, string>> = {
  UTC: 'utc, gmt, z',
  'America/New_York':
    'est, edt, et, nyc, new york city, nueva york, nova york, nova iorque, miami, boston, washington, philadelphia, atlanta',
  'America/Chicago': 'cst, cdt, ct, houston, dallas, austin, texas',
  'America/Denver': 'mst, mdt, mt',
  'America/Los_Angeles':
    'pst, pdt, pt, la, california, kalifornien, californie, san francisco, seattle, las vegas, san diego',
  'America/Toronto': 'montreal, ottawa',
  'America/Mexico_City': 'ciudad de mexico, mexiko-stadt, mexico, cidade do mexico, cdmx, guadalajara',
  'America/Sao_Paulo':
    'brt, brasilia, rio, rio de janeiro, belo horizonte, curitiba, porto alegre, salvador, brazil, brasil, brasilien, bresil',
  'America/Argentina/Buenos_Aires': 'art, argentina, argentinien, argentine',
  'America/Bogota': 'colombia, kolumbien, colombie, medellin',
  'America/Santiago': 'chile, chili, santiago de chile',
  'America/Lima': 'peru, perou',
  'America/Caracas': 'venezuela',
  'Europe/London':
    'bst, uk, england, londres, great britain, united kingdom, grossbritannien, reino unido, royaume-uni, manchester, edinburgh',
  'Europe/Dublin': 'ireland, irland, irlanda, irlande',
  'Europe/Lisbon': 'wet, west, lissabon, lisboa, lisbonne, portugal, porto',
  'Europe/Madrid': 'spain, espana, spanien, espagne, espanha, barcelona, barcelone, valencia, sevilla',
  'Europe/Paris': 'france, frankreich, francia, franca, lyon, marseille',
  'Europe/Berlin':
    'cet, cest, mez, mesz, germany, deutschland, alemania, allemagne, alemanha, munich, munchen, muenchen, frankfurt, hamburg, koln, koeln, cologne, stuttgart, dusseldorf',
  'Europe/Vienna': 'wien, viena, vienne, austria, osterreich, oesterreich, autriche',
  'Europe/Zurich':
    'zuerich, geneva, geneve, genf, ginebra, genebra, bern, basel, switzerland, schweiz, suisse, suiza, suica',
  'Europe/Rome': 'rom, roma, italy, italien, italia, italie, milan, milano, mailand, milao',
  'Europe/Brussels': 'brussel, bruessel, bruxelles, bruselas, bruxelas, belgium, belgien, belgique, belgica',
  'Europe/Amsterdam': 'netherlands, holland, niederlande, pays-bas, paises bajos, holanda',
  'Europe/Warsaw': 'warschau, warszawa, varsovia, varsovie, poland, polen, polonia, pologne',
  'Europe/Prague': 'prag, praha, praga',
  'Europe/Copenhagen': 'kopenhagen, copenhague, copenhaga, denmark, danemark',
  'Europe/Stockholm': 'sweden, schweden, suecia, suede',
  'Europe/Oslo': 'norway, norwegen, noruega, norvege',
  'Europe/Helsinki': 'finland, finnland, finlandia, finlande',
  'Europe/Athens': 'eet, eest, athen, atenas, athenes, greece',
  'Europe/Bucharest': 'bukarest, bucarest, bucareste',
  'Europe/Istanbul': 'estambul, istambul, turkey, turkei, turkiye, turquia, turquie',
  'Europe/Moscow': 'msk, moskau, moscu, moscou, moscovo',
  'Europe/Kyiv': 'kiev, kiew, ukraine, ucrania',
  'Africa/Cairo': 'kairo, el cairo, le caire',
  'Africa/Lagos': 'nigeria',
  'Africa/Johannesburg': 'south africa, sudafrika, cape town',
  'Asia/Kolkata': 'ist, india, indien, inde, mumbai, delhi, new delhi, bangalore',
  'Asia/Kathmandu': 'npt, nepal',
  'Asia/Colombo': 'sri lanka',
  'Asia/Yangon': 'myanmar, birma, birmanie, birmania',
  'Asia/Kabul': 'afghanistan, afganistan',
  'Asia/Tehran': 'iran, teheran',
  'America/St_Johns': 'nst, ndt, newfoundland, neufundland, terranova, terre-neuve',
  'America/Havana': 'cuba, kuba, havanna, la habana',
  'Asia/Dubai': 'dubai, uae',
  'Asia/Jerusalem': 'israel, tel aviv',
  'Asia/Shanghai': 'china, chine, beijing, peking, pekin, pequim, shenzhen',
  'Asia/Singapore': 'sgt, singapur, singapour, singapura',
  'Asia/Hong_Kong': 'hkt, hongkong',
  'Asia/Tokyo': 'jst, japan, japon, japao, tokio, toquio',
  'Asia/Seoul': 'kst, korea, seul',
  'Asia/Jakarta': 'wib',
  'Asia/Manila': 'philippines, philippinen, filipinas',
  'Asia/Ho_Chi_Minh': 'saigon, vietnam',
  'Australia/Sydney': 'aest, aedt, canberra',
  'Australia/Perth': 'awst',
  'Pacific/Auckland': 'nzst, nzdt, new zealand, neuseeland',
};

/** The zone of each common name, by its {@link plainName}. */
export const COMMON_NAMES: ReadonlyMap<string, string> = new Map(
  Object.entries(NAMES).flatMap(([zone, names]) => names.split(', ').map((name) => [plainName(name), zone] as const)),
);

/** A name as it is compared: small letters, no accents, spaces for underscores and hyphens. */
export function plainName(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replaceAll('_', ' ')
    .replaceAll('-', ' ')
    .trim();
}
