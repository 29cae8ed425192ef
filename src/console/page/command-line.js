/**
 * @typedef {import('../catalogue.ts').CatalogueEntry} Entry
 * @typedef {Record<string, string>} TypedValues
 */

/**
 * Reads a typed line such as `/forecast symbol:BTC horizon:1d` into a command and its option texts; null where it is
 * none that could be shown as fields, and the server's parser has to say what is wrong.
 * @param {string} line
 * @param {readonly Entry[]} commands
 * @returns {{ entry: Entry, values: TypedValues } | null}
 */
export function readLine(line, commands) {
  const text = line.trim().replace(/^\//, '');
  // The longest name first: "paper start" before a command named "paper".
  const entry = [...commands]
    .sort((a, b) => b.name.length - a.name.length)
    .find(({ name }) => text === name || text.startsWith(`${name} `));
  if (!entry) return null;
  /** @type {TypedValues} */
  const values = {};
  let rest = text.slice(entry.name.length).trim();
  while (rest !== '') {
    const match = /^([\w-]+):(?:"([^"]*)"|([^\s"]+))(?:\s+|$)/.exec(rest);
    const name = match?.[1];
    if (!match || !name || !entry.options.some((option) => option.name === name)) return null;
    values[name] = match[2] ?? match[3] ?? '';
    rest = rest.slice(match[0].length);
  }
  return { entry, values };
}

/**
 * Writes a command as the line a person would type.
 * @param {string} name
 * @param {Record<string, string | number | boolean>} values
 */
export function writeLine(name, values) {
  const options = Object.entries(values).map(([key, value]) => {
    const text = String(value);
    return `${key}:${/\s/.test(text) ? `"${text}"` : text}`;
  });
  return [`/${name}`, ...options].join(' ');
}

/**
 * Returns the commands whose name begins with what was typed, then those whose name holds it; where no name does, those
 * whose description does.
 * @param {string} typed without the slash
 * @param {readonly Entry[]} commands
 * @returns {readonly Entry[]}
 */
export function matchCommands(typed, commands) {
  const wanted = typed.trim().toLowerCase();
  const beginning = commands.filter((entry) => entry.name.startsWith(wanted));
  const holding = commands.filter((entry) => !entry.name.startsWith(wanted) && entry.name.includes(wanted));
  if (beginning.length + holding.length > 0) return [...beginning, ...holding];
  return commands.filter((entry) => entry.description.toLowerCase().includes(wanted));
}
