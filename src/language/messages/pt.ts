import type { Messages } from '../message.ts';

/** Every sentence in Brazilian Portuguese; the keys and arguments are those of English. No native speaker has read it yet: docs/languages.md says how to mend one. */
export const pt: Messages = {
  common: {
    unknown: 'desconhecido',
    under: 'menos de {value}',
    over: 'mais de {value}',
    days: '{count, plural, one {# dia} other {# dias}}',
    hours: '{count, plural, one {# hora} other {# horas}}',
    minutes: '{count, plural, one {# minuto} other {# minutos}}',
    underAMinute: 'menos de um minuto',
    notAdvice: 'Isto não é aconselhamento de investimento',
  },
};
