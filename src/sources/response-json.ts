import { z } from 'zod';
import { SourceError } from './source-error.ts';

/** The JSON value of a body; throws `CC_SOURCE_BAD_DATA` when it holds something else. The body is never quoted. */
export function parseJson(source: string, body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    const start = body.trimStart();
    const found =
      start === '' ? 'an empty answer' : start.startsWith('<') ? 'a web page' : 'something that is no complete JSON';
    // JSON.parse's message quotes the body, so the error is not kept as the cause.
    throw new SourceError(source, 'CC_SOURCE_BAD_DATA', `sent ${found} instead of JSON.`, {
      context: { parser: cause instanceof Error ? cause.name : 'unknown' },
    });
  }
}

/** The value as the schema describes it; throws `CC_SOURCE_BAD_DATA` saying where it differs, without the value itself. */
export function matchSchema<T>(source: string, value: unknown, schema: z.ZodType<T>): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = issue?.path.map((part) => String(part).slice(0, 20)).join('.') || 'the whole answer';
  const what = issue?.message.replace(/\s+/g, ' ').slice(0, 100) ?? 'unknown';
  throw new SourceError(
    source,
    'CC_SOURCE_BAD_DATA',
    `sent data of another form than it documents (at ${place}: ${what}).`,
  );
}

/** A number written as decimal text, as exchanges do; anything else, `NaN` and `Infinity` included, is refused. */
export const decimalText = z
  .string()
  .regex(/^-?\d{1,40}(\.\d{1,40})?([eE][-+]?\d{1,3})?$/, 'expected a decimal number as text')
  .transform(Number);
