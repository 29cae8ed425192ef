import type {
  EvaluationReport,
  EvaluationScores,
  HorizonEvaluation,
  Interval95,
  SentimentAblation,
} from '../core/evaluation.ts';
import { learningSpanText } from '../core/model-info.ts';
import type { RehearsalRecord, RehearsedReport } from '../core/promotion.ts';
import { utcDay } from '../core/time.ts';
import { countText, signed, textTable } from './text-table.ts';

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const pText = (value: number) => (value < 0.002 ? 'p<.002' : `p=${value.toFixed(3).slice(1)}`);
const range = (interval: Interval95 | null, show: (value: number) => string) =>
  interval ? `${show(interval.value)} (${show(interval.low)} … ${show(interval.high)})` : '–';

/** Parts that stand side by side, so that a table stays narrow enough to be read. */
const TABLES = [
  [
    ['all', 'pooled'],
    ['coins trained on', 'seen'],
    ['coins never seen', 'unseen'],
  ],
  [
    ['calm', 'calm'],
    ['most volatile', 'volatile'],
    ['weeks after crashes', 'afterCrash'],
    ['announcements', 'announcement'],
  ],
] as const;

/** An evaluation for a terminal: skill over every baseline, calibration, errors and direction, part beside part. */
export function evaluationText(report: RehearsedReport): string {
  const { model, withHours, counts } = report;
  const warning = report.inSample ? [`!!! IN-SAMPLE !!! ${report.inSample.warning}`] : [];
  return [
    [
      `Model ${model.version} (${model.family}, ${model.members} ${model.members === 1 ? 'net' : 'nets'}${model.treeShares ? ' and boosted trees' : ''}), ${learningSpanText(model, utcDay)}.`,
      `${countText(counts.forecastOrigins)} origins ${report.rollingDays ? 'at every hour, of days that end there and are built of hourly candles' : `of ${report.interval} candles`}, ${utcDay(report.fromMs)} to ${utcDay(report.toMs)}; coins the model was trained on: ${report.seen.length}, never seen: ${report.unseen.length}${report.marketContext ? '' : '; no usable BTC.csv, so the market inputs are masked'}.`,
      ...(withHours
        ? [
            `1d is combined with 24h of model ${withHours.model.version} (${withHours.model.family}; share ${percent(withHours.hoursShare)}), ${learningSpanText(withHours.model, utcDay)}.`,
          ]
        : []),
      ...(report.rehearsal ? rehearsalLines(report.rehearsal) : []),
      ...notes(report),
    ].join('\n'),
    ...warning,
    ...report.horizons.flatMap(horizonText),
    ...sentimentText(report),
    'Skill: percentage by which the mean pinball loss is below the baseline’s, with its 95 % block-bootstrap interval and paired p-value.\nErrors and widths are of log returns; direction and Brier skill are held against the base rate of these very outcomes.\nCalm, most volatile: σ at the origin below the median, in the top 5 %, of the coin’s own last year. Crash: Bitcoin −7 % in 24 hours; a week from there.\nAnnouncements: the Federal Reserve or US inflation or jobs figures within the forecast’s span.',
    ...warning,
  ].join('\n\n');
}

/** Says how the rule of a rehearsal is called. */
const RULE_TEXT: Readonly<Record<RehearsalRecord['rule'], string>> = {
  newer: 'newer serves unless it is worse',
  better: 'only a significantly better one serves (the earlier rule)',
  always: 'every new one serves',
};

/** The models that came one after the other. */
function rehearsalLines({ everyDays, rule, leftOut, startedWith, retrainings }: RehearsalRecord): string[] {
  const head =
    everyDays === 0
      ? 'A rehearsal without retraining.'
      : `A rehearsal: retrained every ${everyDays} days on what was known; ${RULE_TEXT[rule]}.`;
  const never = leftOut.length > 0 ? [`Never learnt from: ${leftOut.join(', ')}.`] : [];
  const start = startedWith === null ? [] : [`At the start ${startedWith} served.`];
  const runs = retrainings.map(({ dateMs, version, coins, promoted, reason }) => {
    const what = version === null ? '' : `${version}, ${coins} coins, ${promoted ? 'SERVES' : 'does not serve'}. `;
    return `  ${utcDay(dateMs)}  ${what}${reason}`;
  });
  return [[head, ...never, ...start].join(' '), ...runs];
}

function notes({ counts, refused, doubtful, rollingDays, widths }: EvaluationReport): string[] {
  const lines: string[] = [];
  if (widths) {
    const from = widths.fromCard ? ', going on from what the model’s card knows' : '';
    lines.push(
      `Widths are learnt from all these coins together, on targets complete after ${utcDay(widths.fromMs)}${from}.`,
    );
  }
  const add = (n: number, words: string) => {
    if (n > 0) lines.push(`${countText(n)} ${words}`);
  };
  add(counts.notUsable, 'origins had no usable window and were not forecast.');
  add(counts.recomputed, 'origins were forecast from the series cut there, because a candle was flagged later.');
  add(counts.withoutOutcome, 'forecasts have no outcome in the files and are left out.');
  for (const { symbol, untilMs } of rollingDays?.midnightOnly ?? []) {
    const when = untilMs === null ? '' : ` until ${utcDay(untilMs)}`;
    lines.push(
      `${symbol} has too few hourly candles${when}, so its days end at 00:00 UTC: an origin a day, of daily candles.`,
    );
  }
  for (const { symbol, reason } of refused) lines.push(`${symbol} is left out: ${reason}`);
  for (const { symbol, reason } of doubtful)
    lines.push(`${symbol} stays in, but is doubtful with all its candles: ${reason}`);
  return lines;
}

function horizonText(horizon: HorizonEvaluation): string[] {
  if (horizon.pooled.n === 0) return [`Horizon ${horizon.name}: nothing could be forecast and scored.`];
  const { coins, of, share } = horizon.coverage80Within3Points;
  const tables = TABLES.flatMap((parts) => {
    const columns = parts.flatMap(([label, key]) => {
      const scores = horizon[key];
      // Where every coin is seen, or none, this column would repeat the pooled one.
      const repeats = key !== 'pooled' && scores?.n === horizon.pooled.n;
      return scores && scores.n > 0 && !repeats ? [{ label, scores }] : [];
    });
    return columns.length === 0 ? [] : [partsTable(horizon.name, columns)];
  });
  tables[0] += `\n80 % band within 3 points on ${coins} of ${of} coins (${percent(share)}).`;
  return [...tables, ...hoursTable(horizon)];
}

/** Hours of the day with a line of their own in the table; the JSON has all of them. */
const HOURS_SHOWN = [0, 6, 12, 18];
/** The baseline whose skill stands there with its interval. */
const JUDGED_BY = 'climatology';

/** Origins by the hour of the day that they lie at; empty where all lie at one. */
function hoursTable({ name, hours, pooled }: HorizonEvaluation): string[] {
  if (!hours) return [];
  const rows = [
    ...hours
      .filter(({ hour, n }) => HOURS_SHOWN.includes(hour) && n > 0)
      .map((scores) => ({ label: `${String(scores.hour).padStart(2, '0')}:00 UTC`, scores })),
    { label: `all ${hours.filter(({ n }) => n > 0).length} hours`, scores: pooled },
  ];
  return [
    textTable([
      [
        `${name}, days end at`,
        'forecasts (coins)',
        ...pooled.baselines.map((one) => `% over ${one.name}`),
        '50/80/95 %',
        'width 80 %',
      ],
      ...rows.map(({ label, scores }) => [
        label,
        `${countText(scores.n)} (${scores.coins})`,
        ...scores.baselines.map(({ name: baseline, skillPct }) =>
          baseline === JUDGED_BY ? range(skillPct, signed) : skillPct ? signed(skillPct.value) : '–',
        ),
        coverageText(scores),
        scores.coverage[1]!.meanWidth.toFixed(4),
      ]),
    ]),
  ];
}

const coverageText = ({ coverage }: EvaluationScores) =>
  coverage.map(({ share }) => (100 * share).toFixed(1)).join(' / ');

type Column = { readonly label: string; readonly scores: EvaluationScores };

function partsTable(name: string, columns: readonly Column[]): string {
  const row = (label: string, cell: (scores: EvaluationScores) => string) => [
    label,
    ...columns.map(({ scores }) => cell(scores)),
  ];
  const baselines = columns[0]!.scores.baselines.map(({ name: baseline }, b) =>
    row(`  over ${baseline}`, ({ baselines }) => {
      const { skillPct, pValue } = baselines[b]!;
      return skillPct && pValue !== null ? `${range(skillPct, signed)} ${pText(pValue)}` : '–';
    }),
  );
  const noChange = (own: number, still: number) => `${own.toFixed(5)} (no change ${still.toFixed(5)})`;
  return textTable([
    [`Horizon ${name}`, ...columns.map(({ label }) => label)],
    row('forecasts (coins)', ({ n, coins }) => `${countText(n)} (${coins})`),
    row('mean pinball loss', ({ pinball }) => pinball.toFixed(6)),
    row('skill, %', () => ''),
    ...baselines,
    row('inside 50/80/95 %', coverageText),
    row('mean width 80 %', ({ coverage }) => coverage[1]!.meanWidth.toFixed(4)),
    row('RMSE of the median', ({ median, noChange: still }) => noChange(median.rmse, still.rmse)),
    row('MAE of the median', ({ median, noChange: still }) => noChange(median.mae, still.mae)),
    row('direction', ({ direction }) => range(direction.accuracy, percent)),
    row('  base rate', ({ direction }) => percent(direction.baseRate)),
    row('Brier score of P(up)', ({ brier }) => brier.score.toFixed(4)),
    row('  skill, %', ({ brier }) => range(brier.skillPct, signed)),
  ]);
}

/** Origins that sentiment is judged on. */
const SENTIMENT_COLUMNS = [
  ['all origins', 'all'],
  ['some sentiment known', 'known'],
  ['headlines known', 'headlines'],
] as const;

/** The part of a report that this needs. */
interface SentimentFacts extends Pick<EvaluationReport, 'sentiment' | 'horizons'> {
  readonly counts: Pick<EvaluationReport['counts'], 'forecastOrigins'>;
}

/** What sentiment was worth, for a terminal; empty unless it was given. */
export function sentimentText({ sentiment, counts, horizons }: SentimentFacts): string[] {
  if (!sentiment) return [];
  const known = `Sentiment was known at ${countText(sentiment.origins)} of ${countText(counts.forecastOrigins)} origins, headlines at ${countText(sentiment.headlineOrigins)}.`;
  if (!sentiment.learnt)
    return [`${known} This model was trained without sentiment and takes none in: the files change nothing.`];
  const found = horizons.flatMap((horizon) =>
    horizon.sentiment ? [{ name: horizon.name, ...horizon.sentiment }] : [],
  );
  if (found.length === 0) return [`${known} What it is worth to two models combined is not measured.`];
  const table = textTable([
    ['Worth of sentiment, %', ...SENTIMENT_COLUMNS.map(([label]) => label)],
    ...found.flatMap((horizon) => [
      [`${horizon.name}`, ...SENTIMENT_COLUMNS.map(([, key]) => worth(horizon[key]))],
      [
        '  forecasts (coins)',
        ...SENTIMENT_COLUMNS.map(([, key]) => `${countText(horizon[key].n)} (${horizon[key].coins})`),
      ],
    ]),
  ]);
  const verdicts = found.map((horizon) => `${horizon.name}: ${verdict(horizon.known)}`);
  return [
    `${table}\n${known}\nWorth: percentage by which the mean pinball loss is below that of the same model with all sentiment masked, with its 95 % paired block-bootstrap interval.\n${verdicts.join(' ')}`,
  ];
}

function worth({ worthPct, pValue }: SentimentAblation): string {
  if (!worthPct || pValue === null) return '–';
  return `${range(worthPct, (value) => signed(value, 3))} ${pText(pValue)}`;
}

/** Says that sentiment helped or harmed only where interval and p-value agree; they come from different resamples. */
function verdict({ worthPct, pValue }: SentimentAblation): string {
  if (!worthPct || pValue === null) return 'nothing could be compared.';
  const sure = pValue < 0.05;
  if (sure && worthPct.low > 0) return 'it helped.';
  return sure && worthPct.high < 0 ? 'it did harm.' : 'no measurable worth.';
}
