import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { INTERVALS } from '../core/candle.ts';
import { CandlecastError, isFileMissing } from '../core/errors.ts';
import { GATE_RULES, type GateRule, type PromotionVerdict } from '../core/promotion.ts';
import { utcIso } from '../core/time.ts';
import { writeAtomically } from './atomic-write.ts';
import { verdictSchema } from './model-pointer.ts';
import { type ModelFile, readModelFile, writeModelFile } from './model-store.ts';

/** Maximum size of the file, and number of retrainings in it; real ones are far smaller. */
const MAX_BYTES = 32 * 1024 * 1024;
const MAX_RETRAININGS = 5_000;

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const settingsSchema = z.object({
  interval: z.enum(INTERVALS),
  /** 0 goes with every other number: it trains at the start alone. */
  everyMs: z.number(),
  fromMs: z.number(),
  leftOut: z.array(z.string().max(20)).max(2_000),
  /** The version that served at the start; null: trained there. */
  start: z.string().max(80).nullable(),
  /** The files of sentiment, by name; null without. */
  sentiment: z.string().max(2_000).nullable(),
  /** How models are fitted, as JSON. */
  recipe: z.string().max(10_000),
});
/** What the models of a rehearsal depend on beside candles. */
export type RehearsalSettings = z.infer<typeof settingsSchema>;

const fileSchema = z.object({
  format: z.literal(1),
  settings: settingsSchema,
  models: z.array(z.object({ dateMs: z.number(), data: hash, twin: z.boolean() })).max(MAX_RETRAININGS),
  verdicts: z
    .array(
      z.object({
        rule: z.enum(GATE_RULES),
        dateMs: z.number(),
        version: z.string().max(80),
        verdict: verdictSchema as z.ZodType<PromotionVerdict>,
      }),
    )
    .max(MAX_RETRAININGS * GATE_RULES.length),
});
type RehearsalFile = z.infer<typeof fileSchema>;

/** A model with its twin. */
interface Models {
  readonly model: ModelFile;
  readonly twin: ModelFile | null;
}

/** The file of a rehearsal, with the folder `FILE.models` of its models. */
export interface OpenRehearsal {
  /** Retrainings whose models are there. */
  readonly done: number;
  /** Throws `CC_REHEARSAL_FILE` where the models of that date were trained on other data. */
  trained(dateMs: number, data: string): Promise<Models | null>;
  keepTrained(dateMs: number, data: string, models: Models): Promise<void>;
  verdict(rule: GateRule, dateMs: number, version: string, against: string): Promise<PromotionVerdict | null>;
  keepVerdict(rule: GateRule, dateMs: number, version: string, verdict: PromotionVerdict): Promise<void>;
}

/**
 * Opens the file of a rehearsal, or begins one. Models are written before the file names them, so that it can be ended at any moment. Throws `CC_REHEARSAL_FILE`
 * when it is damaged, too large or of other settings, `CC_FILE` when it cannot be read or written.
 */
export async function openRehearsalFile(path: string, settings: RehearsalSettings): Promise<OpenRehearsal> {
  const folder = `${path}.models`;
  const before = await readRehearsal(path);
  if (before) requireSame(path, before.settings, settings);
  const everyMs = settings.everyMs || before?.settings.everyMs || 0;
  let state: RehearsalFile = { format: 1, models: [], verdicts: [], ...before, settings: { ...settings, everyMs } };
  const save = async (next: RehearsalFile) => {
    try {
      await writeAtomically(path, `${JSON.stringify(next)}\n`);
    } catch (cause) {
      throw new CandlecastError('CC_FILE', `${path} cannot be written.`, { cause });
    }
    state = next;
  };
  await save(state);
  const nameOf = (dateMs: number) => join(folder, utcIso(dateMs).slice(0, 16).replaceAll(':', ''));
  return {
    done: state.models.length,
    async trained(dateMs, data) {
      const entry = state.models.find((one) => one.dateMs === dateMs);
      if (!entry) return null;
      if (entry.data !== data) {
        throw new CandlecastError(
          'CC_REHEARSAL_FILE',
          `${path} holds a model that was trained at ${utcIso(dateMs)} on other candles than those given now.`,
        );
      }
      const model = await readModelFile(`${nameOf(dateMs)}.json`);
      return { model, twin: entry.twin ? await readModelFile(`${nameOf(dateMs)}.twin.json`) : null };
    },
    async keepTrained(dateMs, data, { model, twin }) {
      if (twin) await writeModelFile(`${nameOf(dateMs)}.twin.json`, twin);
      await writeModelFile(`${nameOf(dateMs)}.json`, model);
      const entry = { dateMs, data, twin: twin !== null };
      await save({ ...state, models: [...state.models.filter((one) => one.dateMs !== dateMs), entry] });
    },
    async verdict(rule, dateMs, version, against) {
      const isIt = (one: RehearsalFile['verdicts'][number]) =>
        one.rule === rule && one.dateMs === dateMs && one.version === version && one.verdict.against === against;
      return state.verdicts.find(isIt)?.verdict ?? null;
    },
    async keepVerdict(rule, dateMs, version, verdict) {
      const others = state.verdicts.filter((one) => one.rule !== rule || one.dateMs !== dateMs);
      await save({ ...state, verdicts: [...others, { rule, dateMs, version, verdict }] });
    },
  };
}

async function readRehearsal(path: string): Promise<RehearsalFile | null> {
  let text: string;
  try {
    if ((await stat(path)).size > MAX_BYTES) {
      throw new CandlecastError('CC_REHEARSAL_FILE', `${path} is too large to be the file of a rehearsal.`);
    }
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (isFileMissing(cause)) return null;
    if (cause instanceof CandlecastError) throw cause;
    throw new CandlecastError('CC_FILE', `${path} cannot be read.`, { cause });
  }
  try {
    return fileSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new CandlecastError('CC_REHEARSAL_FILE', `${path} is no file of a rehearsal, or is damaged.`, { cause });
  }
}

/** What the settings are called in an error. */
const NAMES: Readonly<Record<keyof RehearsalSettings, string>> = {
  interval: '--interval',
  everyMs: '--retrain',
  fromMs: '--from',
  leftOut: '--leave-out',
  start: 'model at the start',
  sentiment: '--headlines or --feargreed',
  recipe: 'training recipe',
};

function requireSame(path: string, kept: RehearsalSettings, asked: RehearsalSettings): void {
  for (const name of Object.keys(NAMES) as (keyof RehearsalSettings)[]) {
    if (name === 'everyMs' && (kept.everyMs === 0 || asked.everyMs === 0)) continue;
    if (JSON.stringify(kept[name]) === JSON.stringify(asked[name])) continue;
    throw new CandlecastError('CC_REHEARSAL_FILE', `${path} belongs to a rehearsal with another ${NAMES[name]}.`);
  }
}
