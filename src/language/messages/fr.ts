import type { Messages } from '../message.ts';

/** Every sentence in French; the keys and arguments are those of English. No native speaker has read it yet: docs/languages.md says how to mend one. */
export const fr: Messages = {
  common: {
    unknown: 'inconnu',
    under: 'moins de {value}',
    over: 'plus de {value}',
    days: '{count, plural, one {# jour} other {# jours}}',
    hours: '{count, plural, one {# heure} other {# heures}}',
    minutes: '{count, plural, one {# minute} other {# minutes}}',
    underAMinute: 'moins d’une minute',
    notAdvice: 'Ceci n’est pas un conseil en investissement',
  },
};
