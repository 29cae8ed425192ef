/** One sample of Prometheus' text format. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric with its samples. */
export interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary';
  readonly help: string;
  readonly samples: readonly Sample[];
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*';
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? ([-+]?(?:\\d+(?:\\.\\d+)?(?:e[-+]?\\d+)?|Inf)|NaN)$`);
const PAIR = new RegExp(`^(${LABEL})="((?:[^"\\\\\\n]|\\\\[\\\\"n])*)"(?:,|$)`);
/** What may follow a family's name in a sample. */
const SUFFIXES: Readonly<Record<Family['type'], readonly string[]>> = {
  counter: [''],
  gauge: [''],
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['', '_sum', '_count'],
};

/**
 * Reads Prometheus' text format 0.0.4 and throws at whatever its definition does not allow: a family without HELP or TYPE, in two pieces, or twice; a
 * sample twice; a negative counter; a histogram whose buckets fall, lack `+Inf`, or do not add up.
 */
export function parseExposition(text: string): ReadonlyMap<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the text does not end with a line feed');
  const families = new Map<string, Family & { samples: Sample[] }>();
  let help: { name: string; text: string } | null = null;
  let current: (Family & { samples: Sample[] }) | null = null;
  for (const line of text.slice(0, -1).split('\n')) {
    if (line === '') continue;
    const comment = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line);
    if (comment?.[1] === 'HELP') {
      help = { name: comment[2]!, text: comment[3]! };
      continue;
    }
    if (comment) {
      const [name, type] = [comment[2]!, comment[3] as Family['type']];
      if (help?.name !== name) throw new Error(`TYPE of ${name} without its HELP`);
      if (families.has(name)) throw new Error(`${name} comes twice`);
      if (!(type in SUFFIXES)) throw new Error(`${name} has the type ${type}`);
      current = { name, type, help: help.text, samples: [] };
      families.set(name, current);
      continue;
    }
    const sample = parseSample(line);
    const family = current;
    if (!family || !SUFFIXES[family.type].some((suffix) => sample.name === family.name + suffix))
      throw new Error(`a sample outside of its family: ${line}`);
    const key = JSON.stringify([sample.name, Object.entries(sample.labels).sort()]);
    const known = family.samples.map(({ name, labels }) => JSON.stringify([name, Object.entries(labels).sort()]));
    if (known.includes(key)) throw new Error(`a sample comes twice: ${line}`);
    if (family.type === 'counter' && !(sample.value >= 0)) throw new Error(`a counter is negative: ${line}`);
    family.samples.push(sample);
  }
  for (const family of families.values()) if (family.type === 'histogram') checkHistogram(family);
  return families;
}

function parseSample(line: string): Sample {
  const found = SAMPLE.exec(line);
  if (!found) throw new Error(`no sample: ${line}`);
  const labels: Record<string, string> = {};
  for (let rest = found[2] ?? ''; rest !== ''; ) {
    const pair = PAIR.exec(rest);
    if (!pair) throw new Error(`labels of another form: ${line}`);
    if (pair[1]! in labels) throw new Error(`a label comes twice: ${line}`);
    labels[pair[1]!] = pair[2]!.replace(/\\(.)/g, (_, one: string) => (one === 'n' ? '\n' : one));
    rest = rest.slice(pair[0].length);
  }
  return { name: found[1]!, labels, value: Number(found[3]!.replace('Inf', 'Infinity')) };
}

function checkHistogram({ name, samples }: Family): void {
  const series = new Map<string, Sample[]>();
  for (const sample of samples) {
    const { le: _, ...others } = sample.labels;
    const key = JSON.stringify(Object.entries(others).sort());
    series.set(key, [...(series.get(key) ?? []), sample]);
  }
  for (const [key, all] of series) {
    const buckets = all.filter((sample) => sample.name === `${name}_bucket`);
    const edges = buckets.map(({ labels }) => Number(labels['le']!.replace('Inf', 'Infinity')));
    const rising = (values: readonly number[], least: number) =>
      values.every((value, i) => i === 0 || value - values[i - 1]! >= least);
    const count = all.find((sample) => sample.name === `${name}_count`)?.value;
    const whole =
      edges.at(-1) === Number.POSITIVE_INFINITY &&
      rising(edges, Number.MIN_VALUE) &&
      rising(
        buckets.map(({ value }) => value),
        0,
      ) &&
      buckets.at(-1)!.value === count &&
      all.some((sample) => sample.name === `${name}_sum`);
    if (!whole) throw new Error(`the histogram ${name} ${key} does not add up`);
  }
}

/** The value of the one sample of a metric with those labels among others; undefined where there is none. */
export function sampleValue(
  families: ReadonlyMap<string, Family>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const samples = [...families.values()].flatMap((family) => family.samples);
  return samples.find(
    (sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  )?.value;
}
