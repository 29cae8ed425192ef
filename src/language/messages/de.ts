import type { Messages } from '../message.ts';

/** Every sentence in German; the keys and arguments are those of English. No native speaker has read it yet: docs/languages.md says how to mend one. */
export const de: Messages = {
  common: {
    unknown: 'unbekannt',
    under: 'unter {value}',
    over: 'über {value}',
    days: '{count, plural, one {# Tag} other {# Tage}}',
    hours: '{count, plural, one {# Stunde} other {# Stunden}}',
    minutes: '{count, plural, one {# Minute} other {# Minuten}}',
    underAMinute: 'unter einer Minute',
    notAdvice: 'Keine Anlageberatung',
  },
};
