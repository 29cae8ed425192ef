// What the pages of docs/ that scripts write have in common.

/** A time as its UTC date. */
export const day = (ms) => new Date(ms).toISOString().slice(0, 10);

/** A number with its sign. */
export const signed = (value, digits) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`;

/** A Markdown table; cells are texts or numbers. */
export const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** A command with the folders of the machine it ran on left out. */
export const published = (command) =>
  command
    .replace(/\S*\/ohlcv/g, 'DIR')
    .replace(/(--model|--with-hours|--json|--report|--forecasts|--trades|--feargreed) \S*\//g, '$1 ')
    .replace(/(--headlines) (\S+)/g, (_, option, files) => `${option} ${files.replace(/[^,]*\//g, '')}`);
