/** Colours of a chart; a picture has its own background, so both themes are readable on a dark and on a light page. */
export type ChartTheme = 'dark' | 'light';

/** Family name of the bundled font. */
export const FONT = 'Inter';

/** Colours of one theme. Up and down differ in hue (teal, orange), lightness and filling, for readers who confuse red and green. */
export interface ChartPalette {
  readonly background: string;
  readonly panel: string;
  readonly text: string;
  readonly muted: string;
  readonly grid: string;
  readonly divider: string;
  readonly up: string;
  readonly down: string;
  readonly median: string;
  readonly lastPrice: string;
  /** Fill of the 95, 80 and 50 % bands, outermost first; opaque, so that edges stay clean. */
  readonly bands: readonly [string, string, string];
  /** Lines of the short and the long moving average. */
  readonly averages: readonly [string, string];
  readonly badge: string;
  readonly badgeText: string;
  readonly watermark: string;
}

export const PALETTES: Readonly<Record<ChartTheme, ChartPalette>> = {
  dark: {
    background: '#14171f',
    panel: '#191d28',
    text: '#f1f3f9',
    muted: '#a9b1c6',
    grid: '#2a3040',
    divider: '#6d7690',
    up: '#3fc7ae',
    down: '#f08a3c',
    median: '#ffffff',
    lastPrice: '#c9d0e2',
    bands: ['#303974', '#414c9e', '#5b69d2'],
    averages: ['#7cc4ff', '#e58fd0'],
    badge: '#ffc53d',
    badgeText: '#1b1400',
    watermark: 'rgba(255, 197, 61, 0.20)',
  },
  light: {
    background: '#ffffff',
    panel: '#f5f6fb',
    text: '#171a23',
    muted: '#555d72',
    grid: '#e3e6ef',
    divider: '#868ea5',
    up: '#0b8a75',
    down: '#c9590c',
    median: '#1b2470',
    lastPrice: '#3c4356',
    bands: ['#d9defa', '#b9c2f5', '#929eec'],
    averages: ['#1c6fb8', '#a8388f'],
    badge: '#b45309',
    badgeText: '#ffffff',
    watermark: 'rgba(180, 83, 9, 0.17)',
  },
};
