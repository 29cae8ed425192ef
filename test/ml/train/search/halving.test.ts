import { describe, expect, it } from 'vitest';
import { CandlecastError } from '../../../../src/core/errors.ts';
import { searchReport } from '../../../../src/ml/train/search/report.ts';
import { challengerOf, planRungs, ranking, runSearch } from '../../../../src/ml/train/search/run-search.ts';
import { newSearch, resumeSearch, type SearchState } from '../../../../src/ml/train/search/state.ts';
import type { TrialRequest } from '../../../../src/ml/train/search/trial.ts';
import { fakeIdentity, fakeOutcome } from './fake-search.ts';

const SEEDS = [11, 12, 13];
type Skill = (trial: number, request: TrialRequest) => number | null;

/** A house in which trial t of the identity is worth what `skill` says; breaks down before run `breakBefore`. */
function house(trials: number, skill: Skill, breakBefore = Number.POSITIVE_INFINITY) {
  const identity = fakeIdentity(trials);
  const requests: { trial: number; share: number; seed: number }[] = [];
  const saved: string[] = [];
  const shares: number[] = [];
  const tools: Parameters<typeof runSearch>[2] = {
    run: async (request, step) => {
      if (requests.length >= breakBefore) throw new CandlecastError('CC_TRAINING_CANCELLED', 'Ctrl+C');
      const trial = identity.trials.indexOf(request.params);
      requests.push({ trial, share: request.share, seed: request.seed });
      shares.push(step.before, step.before + step.share);
      return fakeOutcome(skill(trial, request), request);
    },
    save: async (state) => {
      saved.push(JSON.stringify(state));
    },
  };
  return { identity, requests, saved, shares, tools };
}

describe('the rungs', () => {
  it.each([
    [2, [[2, 1]]],
    [5, [[5, 1]]],
    [
      6,
      [
        [6, 1 / 3],
        [2, 1],
      ],
    ],
    [
      9,
      [
        [9, 1 / 3],
        [3, 1],
      ],
    ],
    [
      18,
      [
        [18, 1 / 9],
        [6, 1 / 3],
        [2, 1],
      ],
    ],
    [
      81,
      [
        [81, 1 / 9],
        [27, 1 / 3],
        [9, 1],
      ],
    ],
  ])('of %i trials are %j', (trials, expected) => {
    expect(planRungs(trials).map((rung) => [rung.trials, rung.share])).toEqual(expected);
  });
});

describe('successive halving', () => {
  it('finds the best of known losses, and gives the most time to the most promising', async () => {
    const skill: Skill = (trial) => (trial === 13 ? 2 : 1 - Math.abs(trial - 13) / 20);
    const { identity, requests, tools } = house(27, skill);
    const state = await runSearch(newSearch(identity), SEEDS, tools);
    expect(challengerOf(state.scores)).toBe(13);
    expect(
      ranking(state.scores)
        .slice(0, 3)
        .map(({ trial }) => trial),
    ).toEqual([13, 12, 14]);
    const inRung = (share: number) => requests.filter((one) => one.share === share && one.seed === 1);
    expect(inRung(1 / 9).map(({ trial }) => trial)).toEqual(Array.from({ length: 27 }, (_, i) => i));
    expect(inRung(1 / 3).map(({ trial }) => trial)).toEqual([9, 10, 11, 12, 13, 14, 15, 16, 17]);
    expect(inRung(1).map(({ trial }) => trial)).toEqual([12, 13, 14]);
  });

  it('trusts the longer look over the shorter one', async () => {
    // Trial 4 is quick to learn and ends up third.
    const { identity, tools } = house(9, (trial, { share }) =>
      trial === 4 && share < 1 ? 9 : trial === 4 ? 0.1 : trial / 10,
    );
    const state = await runSearch(newSearch(identity), SEEDS, tools);
    expect(
      ranking(state.scores)
        .slice(0, 3)
        .map(({ trial }) => trial),
    ).toEqual([8, 7, 4]);
  });

  it('never lets a trial that diverged go on, and takes the earlier one of equals', async () => {
    const { identity, requests, tools } = house(9, (trial) => (trial === 8 ? null : 1));
    const state = await runSearch(newSearch(identity), SEEDS, tools);
    expect(requests.filter((one) => one.share === 1 && one.seed === 1).map(({ trial }) => trial)).toEqual([0, 1, 2]);
    expect(ranking(state.scores).at(-1)).toMatchObject({ trial: 8, skillPct: null });
    const [last] = searchReport(state, SEEDS, 'test').trials.slice(-1);
    expect(last).toMatchObject({ trial: 8, skillPct: [null] });
  });

  it('compares the best with the default at full length, with seeds that did not choose, the default even if it fell out', async () => {
    const { identity, requests, tools } = house(9, (trial) => trial);
    await runSearch(newSearch(identity), SEEDS, tools);
    const comparison = requests.slice(9 + 3);
    expect(comparison.map(({ trial, seed, share }) => [trial, seed, share])).toEqual(
      SEEDS.flatMap((seed) => [
        [0, seed, 1],
        [8, seed, 1],
      ]),
    );
    expect(requests.slice(0, 12).every(({ seed }) => seed === identity.seed)).toBe(true);
  });

  it('says so when everything but the default diverges', async () => {
    const { identity, requests, tools } = house(6, (trial) => (trial === 0 ? 1 : null));
    const state = await runSearch(newSearch(identity), SEEDS, tools);
    expect(requests).toHaveLength(7);
    const report = searchReport(state, SEEDS, 'test');
    expect(report).toMatchObject({ best: null, comparison: null });
    expect(report.verdict).toContain('keep the default');
  });

  it('reports a share that rises from nothing to one', async () => {
    const { identity, shares, tools } = house(18, (trial) => trial);
    await runSearch(newSearch(identity), SEEDS, tools);
    expect(shares[0]).toBe(0);
    expect(shares.at(-1)).toBeCloseTo(1, 12);
    for (let i = 1; i < shares.length; i++) expect(shares[i]!).toBeGreaterThan(shares[i - 1]! - 1e-9);
  });
});

describe('an interrupted search', () => {
  const skill: Skill = (trial, { seed }) => Math.sin(trial * 7 + seed);
  const whole = async () => {
    const { identity, tools, requests } = house(9, skill);
    return { state: await runSearch(newSearch(identity), SEEDS, tools), runs: requests.length };
  };

  it('ends with the table of an uninterrupted one, wherever it stopped, and repeats no finished run', async () => {
    const { state: expected, runs } = await whole();
    expect(runs).toBe(9 + 3 + 2 * SEEDS.length);
    for (let stop = 0; stop < runs; stop++) {
      const first = house(9, skill, stop);
      await expect(runSearch(newSearch(first.identity), SEEDS, first.tools)).rejects.toMatchObject({
        code: 'CC_TRAINING_CANCELLED',
      });
      expect(first.saved).toHaveLength(stop);
      const text = first.saved.at(-1) ?? JSON.stringify(newSearch(first.identity));
      const second = house(9, skill);
      const resumed = resumeSearch(text, second.identity, 'f.json');
      const ended = await runSearch(resumed, SEEDS, second.tools);
      expect(second.requests).toHaveLength(runs - stop);
      expect(ended).toEqual(expected);
      expect(searchReport(ended, SEEDS, 'test')).toEqual(searchReport(expected, SEEDS, 'test'));
    }
  });

  it('trains nothing more once it is finished, unless other seeds are asked for', async () => {
    const { state } = await whole();
    const again = house(9, skill);
    const same: SearchState = { ...state, identity: again.identity };
    expect(await runSearch(same, SEEDS, again.tools)).toEqual(state);
    expect(again.requests).toEqual([]);
    await runSearch(same, [...SEEDS, 14], again.tools);
    expect(again.requests.map(({ seed }) => seed)).toEqual([14, 14]);
  });
});

describe("a search's file", () => {
  const text = (change: Record<string, unknown> = {}) =>
    JSON.stringify(newSearch({ ...fakeIdentity(), ...change } as ReturnType<typeof fakeIdentity>));

  it('is gone on with when everything is the same', () => {
    expect(resumeSearch(text(), fakeIdentity(), 'f.json')).toEqual(newSearch(fakeIdentity()));
  });

  it.each([
    [{ data: 'other candles' }, /f\.json belongs to another search; what differs: the candles\./],
    [{ symbols: ['BTC'] }, /the coins/],
    [{ interval: '1h' }, /interval/],
    [{ family: 'cnn' }, /family/],
    [{ seed: 2 }, /seed/],
    [{ trials: fakeIdentity(10).trials }, /number of trials/],
    [{ fitUntilMs: 5 }, /--fit-until/],
    [{ windowVisits: 8_000, patience: 3 }, /windowVisits, patience/],
    [{ build: 'auto' }, /build/],
  ])('is refused for %j', (change, words) => {
    expect(() => resumeSearch(text(change), fakeIdentity(), 'f.json')).toThrow(
      expect.objectContaining({ code: 'CC_SEARCH_FILE', message: expect.stringMatching(words) }),
    );
  });

  it.each([
    ['cut off', text().slice(0, -20)],
    ['of another format', text().replace('"format":1', '"format":2')],
    ['of something else', '{"name":"candlecast"}'],
    ['with a score that is no number', text().replace('"scores":[]', '"scores":[{"trial":0,"rung":0,"skillPct":"3"}]')],
  ])('is refused when it is %s', (_, damaged) => {
    expect(() => resumeSearch(damaged, fakeIdentity(), 'f.json')).toThrow(
      expect.objectContaining({ code: 'CC_SEARCH_FILE' }),
    );
  });
});
