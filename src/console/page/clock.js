// The page goes by the server's clock, so that a time in a reply and "2 minutes ago" cannot disagree.
let offsetMs = 0;

/**
 * Sets the clock by a time the server just gave.
 * @param {number} serverMs
 */
export function setClock(serverMs) {
  offsetMs = serverMs - performance.now();
}

/** The present moment in ms since the epoch. */
export function nowMs() {
  return performance.now() + offsetMs;
}

/** @type {Readonly<Record<string, Intl.DateTimeFormatOptions>>} */
const STYLES = {
  t: { timeStyle: 'short' },
  T: { timeStyle: 'medium' },
  d: { dateStyle: 'short' },
  D: { dateStyle: 'long' },
  f: { dateStyle: 'long', timeStyle: 'short' },
  F: { dateStyle: 'full', timeStyle: 'short' },
};

/**
 * Writes a time as Discord would, in the reader's own zone and language.
 * @param {number} timeMs
 * @param {string} style one of t T d D f F R
 */
export function formatTime(timeMs, style) {
  if (style === 'R') return relative(timeMs - nowMs());
  return new Intl.DateTimeFormat(navigator.language, STYLES[style] ?? STYLES['f']).format(timeMs);
}

/** @type {readonly (readonly [Intl.RelativeTimeFormatUnit, number])[]} */
const UNITS = [
  ['year', 31_557_600_000],
  ['month', 2_629_800_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
];

/** @param {number} differenceMs */
function relative(differenceMs) {
  const format = new Intl.RelativeTimeFormat(navigator.language, { numeric: 'auto' });
  for (const [unit, lengthMs] of UNITS) {
    if (Math.abs(differenceMs) >= lengthMs) return format.format(Math.round(differenceMs / lengthMs), unit);
  }
  return format.format(Math.round(differenceMs / 1000), 'second');
}

/**
 * Makes a `<time>` that says the exact moment on hover.
 * @param {number} timeMs
 * @param {string} style
 */
export function timeElement(timeMs, style) {
  const element = document.createElement('time');
  if (!Number.isFinite(new Date(timeMs).getTime())) {
    element.textContent = 'Invalid date';
    return element;
  }
  element.dateTime = new Date(timeMs).toISOString();
  element.title = formatTime(timeMs, 'F');
  element.dataset['ms'] = String(timeMs);
  element.dataset['style'] = style;
  element.textContent = formatTime(timeMs, style);
  return element;
}

/** Brings every relative time on the page up to date. */
export function refreshTimes() {
  for (const element of document.querySelectorAll('time[data-style="R"]')) {
    if (element instanceof HTMLElement) element.textContent = formatTime(Number(element.dataset['ms']), 'R');
  }
}
