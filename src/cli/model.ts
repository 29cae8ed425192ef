import { INTERVALS, type Interval } from '../core/candle.ts';
import { utcDay } from '../core/time.ts';
import type { ModelList, PromotionService } from '../services/models/promotion.ts';
import { commandOptions, interval as knownInterval, option } from './options.ts';
import type { ProgressOutput } from './progress.ts';
import { signed, textTable } from './text-table.ts';

/** The options of `npm run model`. */
export const OPTIONS = commandOptions(
  'model',
  { interval: option(INTERVALS.join('|'), 'length of a candle', knownInterval.optional()) },
  'list | promote VERSION | rollback',
);

/** What `npm run model` is started with. */
export interface ModelCommand {
  readonly args: readonly string[];
  readonly promotion: PromotionService;
  readonly out: ProgressOutput;
}

/** Shows the kept models, or changes which one serves; a running bot follows within seconds. Throws `CC_USAGE`, and as the service does. */
export async function runModel({ args, promotion, out }: ModelCommand): Promise<void> {
  const { action, version, interval } = parse(args);
  if (action === 'list') {
    const lists = await promotion.list();
    const shown = interval ? lists.filter((one) => one.interval === interval) : lists;
    out.write(`${shown.map(listText).join('\n\n')}\n`);
    return;
  }
  if (action === 'promote') {
    const target = interval ?? INTERVALS.find((known) => version!.startsWith(`${known}-`));
    if (!target) throw OPTIONS.wrong(`Say with --interval which candles ${version} is for.`);
    await promotion.promote(target, version!, 'npm run model -- promote');
    out.write(`${version} serves ${target} candles from now on.\n`);
    return;
  }
  const target = interval ?? '1d';
  const back = await promotion.rollback(target, 'npm run model -- rollback');
  out.write(`${back ?? 'The model shipped with Candlecast'} serves ${target} candles again.\n`);
}

function parse(args: readonly string[]): {
  action: string;
  version: string | undefined;
  interval: Interval | undefined;
} {
  const { values, positionals } = OPTIONS.read(args);
  const { interval } = values;
  const [action = 'list', version, ...rest] = positionals;
  if (!['list', 'promote', 'rollback'].includes(action))
    throw OPTIONS.wrong(`There is nothing called "${action}" to do.`);
  if ((action === 'promote') !== (version !== undefined) || rest.length > 0)
    throw OPTIONS.wrong(action === 'promote' ? 'Say which version to promote.' : `"${action}" takes no version.`);
  return { action, version, interval };
}

function listText({ interval, serving, previous, models, problem }: ModelList): string {
  const name = (version: string | null) => version ?? 'the shipped model';
  const lines = [`${interval} candles: ${name(serving)} serves.`];
  if (problem) lines.push(problem);
  const back = previous.at(-1);
  if (back !== undefined) lines.push(`A rollback brings back ${name(back)}.`);
  if (models.length === 0) return [...lines, 'No models of your own are kept.'].join('\n');
  const skill = (result: { skillPct: { value: number } } | null | undefined) =>
    result ? `${signed(result.skillPct.value, 2, '-')} %` : '–';
  const rows = models.map(({ version, addedAtMs, verdict }) => [
    `${version === serving ? '* ' : '  '}${version}`,
    utcDay(addedAtMs),
    verdict?.outcome ?? 'not judged',
    skill(verdict?.overServing),
    skill(verdict?.overClimatology),
  ]);
  const table = textTable([
    ['  version', 'kept since', 'verdict', 'over the one that served', 'over climatology'],
    ...rows,
  ]);
  const reasons = models.flatMap(({ version, verdict }) => (verdict ? [`${version}: ${verdict.reason}`] : []));
  return [...lines, table, ...reasons].join('\n');
}
