/** A piece of HTML or SVG whose texts are escaped. */
export interface Markup {
  readonly markup: string;
}

type Value = Markup | string | number | null | false | readonly Value[];

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function written(value: Value): string {
  if (value === null || value === false) return '';
  if (typeof value === 'object') return 'markup' in value ? value.markup : value.map(written).join('');
  return String(value).replace(/[&<>"']/g, (character) => ESCAPES[character]!);
}

/** Writes a template as markup: texts and numbers in it are escaped, for elements and quoted attributes alike; null and false are left out. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Markup {
  return { markup: strings.map((text, i) => text + (i < values.length ? written(values[i]!) : '')).join('') };
}
