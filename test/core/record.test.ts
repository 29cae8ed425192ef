import { expect, it } from 'vitest';
import { headOf, parseRecordLine, recordLine } from '../../src/core/record.ts';

const DIGITS = '3f2a9c0d11e84b7755aa';
const HEAD = { forecasts: 812, digits: DIGITS };

it('is read from a footer as it was written, wherever it stands among the parts', () => {
  expect(headOf({ forecasts: 812, hash: `${DIGITS}${'0'.repeat(44)}` })).toEqual(HEAD);
  for (const footer of [
    recordLine(HEAD),
    `Not investment advice · ${recordLine(HEAD)}`,
    `Not investment advice · ${recordLine(HEAD)} · k7m2qx9a-dt5x3k2`,
  ]) {
    expect(parseRecordLine(footer)).toEqual(HEAD);
  }
});

it('is not read from what only looks like one, nor where there are two', () => {
  for (const footer of [
    '',
    'Not investment advice · k7m2qx9a-dt5x3k2',
    `Record 0 · ${DIGITS}`,
    `Record 0812 · ${DIGITS}`,
    `Record 812 · ${DIGITS}0`,
    `Record 812 · ${DIGITS.slice(1)}`,
    `Record 812 · ${DIGITS.toUpperCase()}`,
    `My Record 812 · ${DIGITS}`,
    `Record 81234567890 · ${DIGITS}`,
    'Record 812',
    `${recordLine(HEAD)} · ${recordLine({ ...HEAD, forecasts: 813 })}`,
  ]) {
    expect(parseRecordLine(footer)).toBeNull();
  }
});
