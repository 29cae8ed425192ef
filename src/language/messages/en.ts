/**
 * Every sentence that the bot says, in English: short, literal, and plain enough for a fifteen-year-old who trades. ICU MessageFormat
 * (https://formatjs.github.io/docs/core-concepts/icu-syntax): `{name}` is replaced, `{count, plural, one {…} other {…}}` chooses. A sentence is one
 * message, never glued from parts. The other languages have the same keys and arguments.
 */
export const en = {
  common: {
    unknown: 'unknown',
    under: 'under {value}',
    over: 'over {value}',
    days: '{count, plural, one {# day} other {# days}}',
    hours: '{count, plural, one {# hour} other {# hours}}',
    minutes: '{count, plural, one {# minute} other {# minutes}}',
    underAMinute: 'under a minute',
    notAdvice: 'Not investment advice',
  },
} as const;
