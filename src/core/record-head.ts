import { type Checkpoint, SHOWN_DIGITS } from './record.ts';

/** What a footer says about the record as it was then: the number of the last forecast in a checkpoint, and the first digits of its hash. */
export interface RecordHead {
  readonly forecasts: number;
  /** `SHOWN_DIGITS` lower-case hexadecimal digits. */
  readonly digits: string;
}

/** What stands between the parts of a footer. */
export const FOOTER_MARK = ' · ';

const NUMBER = /^Record ([1-9]\d{0,9})$/;
const DIGITS = /^[0-9a-f]+$/;

/** The head that stands for a checkpoint. */
export const headOf = ({ forecasts, hash }: Pick<Checkpoint, 'forecasts' | 'hash'>): RecordHead => ({
  forecasts,
  digits: hash.slice(0, SHOWN_DIGITS),
});

/** A head as it stands in a footer, such as `Record 812 · 3f2a9c0d11e84b7755aa`. */
export const recordLine = ({ forecasts, digits }: RecordHead): string => `Record ${forecasts}${FOOTER_MARK}${digits}`;

/** The head in a footer; null where it has none, or more than one. */
export function parseRecordLine(footer: string): RecordHead | null {
  const parts = footer.split(FOOTER_MARK);
  const heads = parts.flatMap((part, i) => {
    const forecasts = NUMBER.exec(part)?.[1];
    const digits = parts[i + 1];
    return forecasts !== undefined && digits !== undefined && digits.length === SHOWN_DIGITS && DIGITS.test(digits)
      ? [{ forecasts: Number(forecasts), digits }]
      : [];
  });
  return heads.length === 1 ? heads[0]! : null;
}
