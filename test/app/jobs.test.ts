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

describe('the setting of the coins to learn from', () => {
  it.each([
    [{}, [150, 60]],
    [{ TRAINING_COINS: '150' }, [150, 60]],
    [{ TRAINING_COINS: '40' }, [40, 40]],
    [{ TRAINING_COINS: '100, 80' }, [100, 80]],
    [{ TRAINING_COINS: '0' }, [0, 0]],
    [{ TRAINING_COINS: '500,0' }, [500, 0]],
  ])('reads %j as days and hours: %j', (environment, expected) => {
    expect(loadConfig({}, environment).TRAINING_COINS).toEqual(expected);
  });

  it.each(['many', '-5', '1.5', '150,60,20', '501', '10,900', '150,'])('refuses %s', (value) => {
    expect(problem({ TRAINING_COINS: value })).toMatchObject({
      code: 'CC_CONFIG_INVALID',
      message: expect.stringContaining('TRAINING_COINS'),
    });
  });
});
