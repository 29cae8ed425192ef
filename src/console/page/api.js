/**
 * @typedef {import('../api-types.ts').ConsoleState} ConsoleState
 * @typedef {import('../api-types.ts').Answer} Answer
 * @typedef {import('../api-types.ts').Completions} Completions
 * @typedef {{ line: string } | { command: string, options: Record<string, string | number | boolean> }} Invocation
 */

/** Fetches what the page shows before anything was asked. */
export function fetchState() {
  return /** @type {Promise<ConsoleState>} */ (call('/api/state'));
}

/**
 * Runs a command.
 * @param {Invocation} invocation
 */
export function runCommand(invocation) {
  return /** @type {Promise<Answer>} */ (call('/api/commands', { ...invocation, locale: navigator.language }));
}

/**
 * Presses a button or chooses in a select.
 * @param {string} customId
 * @param {readonly string[]} values
 */
export function press(customId, values) {
  return /** @type {Promise<Answer>} */ (call('/api/press', { customId, values, locale: navigator.language }));
}

/**
 * Completes what was typed into an option.
 * @param {string} command
 * @param {string} option
 * @param {string} value
 * @param {AbortSignal} signal
 */
export function complete(command, option, value, signal) {
  const body = { command, option, value: value.slice(0, 100) };
  return /** @type {Promise<Completions>} */ (call('/api/autocomplete', body, signal));
}

/**
 * @param {string} path
 * @param {object} [body] makes it a POST
 * @param {AbortSignal} [signal]
 * @returns {Promise<unknown>}
 */
async function call(path, body, signal) {
  /** @type {RequestInit} */
  const init = body
    ? { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
    : { method: 'GET' };
  if (signal) init.signal = signal;
  const response = await fetch(path, init);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer?.error?.message ?? `The console answered ${response.status}.`);
  return answer;
}
