import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.ts';

const problem = (environment: Record<string, string>) => {
  try {
    loadConfig({}, environment);
    return null;
  } catch (error) {
    return error;
  }
};

describe('the settings of the schedule', () => {
  it('train daily at a quarter past midnight UTC unless said otherwise', () => {
    expect(loadConfig({}, {})).toMatchObject({ RETRAIN_CRON: '15 0 * * *', TIMEZONE: 'UTC' });
    const own = { RETRAIN_CRON: '30 4 * * mon', TIMEZONE: 'Europe/Berlin' };
    expect(loadConfig({}, own)).toMatchObject(own);
  });

  it.each([
    [{ RETRAIN_CRON: 'every day' }, 'RETRAIN_CRON'],
    [{ RETRAIN_CRON: '99 0 * * *' }, 'RETRAIN_CRON'],
    [{ RETRAIN_CRON: '0 0 31 2 *' }, 'RETRAIN_CRON'],
    [{ TIMEZONE: 'Mars/Olympus' }, 'TIMEZONE'],
  ])('are refused where they make no sense: %j', (environment, name) => {
    expect(problem(environment)).toMatchObject({ code: 'CC_CONFIG_INVALID', message: expect.stringContaining(name) });
  });
});
