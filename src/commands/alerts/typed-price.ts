import type { Command } from '../command.ts';
import { usageError } from '../options.ts';

const FACTORS: Readonly<Record<string, number>> = { k: 1e3, m: 1e6, b: 1e9 };

/** The price that a person means by `100000`, `$100,000`, `95.5k` or `0,35`, in US dollars; throws `CC_USAGE` with the command's usage. */
export function parsePrice(text: string, definition: Command['definition'], path: readonly string[] = []): number {
  const typed = text.replace(/[\s$_'’\u00a0\u202f]|usd/gi, '').toLowerCase();
  const [, digits = '', unit = ''] = /^([\d.,]+)([kmb]?)$/.exec(typed) ?? [];
  const price = Number(withPoint(digits)) * (FACTORS[unit] ?? 1);
  if (digits !== '' && Number.isFinite(price) && price > 0) return price;
  throw usageError('A price is a number above 0, such as 100000 or 95.5k.', definition, path);
}

/** The digits with a point before the decimals: a mark that separates groups of three is left out, a comma alone before other digits is the point. */
function withPoint(digits: string): string {
  if (/^\d{1,3}(,\d{3})+(\.\d*)?$/.test(digits)) return digits.replaceAll(',', '');
  if (/^\d{1,3}(\.\d{3}){2,}(,\d*)?$/.test(digits) || /^\d{1,3}(\.\d{3})+,\d*$/.test(digits)) {
    return digits.replaceAll('.', '').replace(',', '.');
  }
  return digits.replace(',', '.');
}
