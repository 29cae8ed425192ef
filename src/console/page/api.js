/**
 * @typedef {import('../wire.ts').ConsoleState} ConsoleState
 * @typedef {import('../wire.ts').Answer} Answer
 * @typedef {import('../wire.ts').AnswerLine} AnswerLine
 * @typedef {import('../wire.ts').ChannelPosts} ChannelPosts
 * @typedef {import('../wire.ts').ClockLine} ClockLine
 * @typedef {import('../wire.ts').WireReply} WireReply
 * @typedef {import('../wire.ts').Completions} Completions
 * @typedef {{ line: string } | { command: string, options: Record<string, string | number | boolean> }} Invocation
 */

const LINES = 'application/x-ndjson';

/** Fetches what the page shows before anything was asked. */
export function fetchState() {
  return /** @type {Promise<ConsoleState>} */ (call('/api/state'));
}

/**
 * Runs a command; a long one shows how far it is before it answers.
 * @param {Invocation} invocation
 * @param {(reply: WireReply) => void} onProgress
 * @returns {Promise<Answer>}
 */
export async function runCommand(invocation, onProgress) {
  const response = await request('/api/commands', { ...invocation, locale: navigator.language }, undefined, LINES);
  for await (const text of lines(response)) {
    const line = /** @type {AnswerLine} */ (JSON.parse(text));
    if ('answer' in line) return line.answer;
    onProgress(line.progress);
  }
  throw new TypeError('The console broke off its answer.');
}

/**
 * Reads a response line by line as it comes.
 * @param {Response} response
 * @returns {AsyncGenerator<string>}
 */
async function* lines(response) {
  if (!response.body) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const pieces = (rest + part.value).split('\n');
    rest = pieces.pop() ?? '';
    yield* pieces;
  }
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
 * Fetches what was posted to a channel after a post.
 * @param {string} channelId
 * @param {string | null} after
 */
export function fetchPosts(channelId, after) {
  const query = after === null ? '' : `?after=${encodeURIComponent(after)}`;
  return /** @type {Promise<ChannelPosts>} */ (call(`/api/channels/${encodeURIComponent(channelId)}${query}`));
}

/**
 * Moves the clock forward and says where it is on the way.
 * @param {number} hours
 * @param {(step: { nowMs: number, share: number }) => void} onStep
 * @returns {Promise<number>} the server's clock at the end
 */
export async function moveClock(hours, onStep) {
  const response = await request('/api/clock', { hours }, undefined, LINES);
  for await (const text of lines(response)) {
    const line = /** @type {ClockLine} */ (JSON.parse(text));
    if ('done' in line) return line.done.nowMs;
    if ('failed' in line) throw new Error(line.failed.message);
    onStep(line.step);
  }
  throw new TypeError('The console broke off its answer.');
}

/**
 * @param {string} path
 * @param {object} [body] makes it a POST
 * @param {AbortSignal} [signal]
 * @returns {Promise<unknown>}
 */
async function call(path, body, signal) {
  return (await request(path, body, signal)).json();
}

/**
 * @param {string} path
 * @param {object} [body] makes it a POST
 * @param {AbortSignal} [signal]
 * @param {string} [accept]
 * @returns {Promise<Response>} one that went well
 */
async function request(path, body, signal, accept = 'application/json') {
  /** @type {RequestInit} */
  const init = body
    ? { method: 'POST', headers: { 'content-type': 'application/json', accept }, body: JSON.stringify(body) }
    : { method: 'GET' };
  if (signal) init.signal = signal;
  const response = await fetch(path, init);
  if (response.ok) return response;
  const answer = await response.json();
  throw new Error(answer?.error?.message ?? `The console answered ${response.status}.`);
}
