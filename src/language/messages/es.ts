import type { Messages } from '../message.ts';

/** Every sentence in Spanish; the keys and arguments are those of English. No native speaker has read it yet: docs/languages.md says how to mend one. */
export const es: Messages = {
  common: {
    unknown: 'desconocido',
    under: 'menos del {value}',
    over: 'más del {value}',
    days: '{count, plural, one {# día} other {# días}}',
    hours: '{count, plural, one {# hora} other {# horas}}',
    minutes: '{count, plural, one {# minuto} other {# minutos}}',
    underAMinute: 'menos de un minuto',
    notAdvice: 'No es asesoramiento de inversión',
  },
};
