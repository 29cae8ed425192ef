import { fetchState, press, runCommand } from './api.js';
import { Channels } from './channels.js';
import { refreshTimes, setClock } from './clock.js';
import { readLine } from './command-line.js';
import { Composer } from './composer.js';
import { byId, h } from './dom.js';
import { MessageList } from './message-list.js';
import { BotMessage } from './message-view.js';
import { TimeBar } from './time-bar.js';
import { welcome } from './welcome.js';

/**
 * @typedef {import('../wire.ts').ConsoleState} ConsoleState
 * @typedef {import('../wire.ts').Answer} Answer
 * @typedef {import('./api.js').Invocation} Invocation
 */

const list = new MessageList(byId('messages'));
const composer = new Composer(/** @type {HTMLFormElement} */ (byId('composer')), send);
/** How soon the state is asked for again: often at first, because the market is chosen in the first seconds. */
const POLL_MS = [1_500, 3_000, 5_000, 10_000, 30_000];
/** How soon the state is asked for again after a request that failed. */
const RETRY_MS = 3_000;
/** Messages on the page at most; older ones are removed, so that a page left open for days does not fill the memory with pictures. */
const MAX_MESSAGES = 200;
/** @type {BotMessage[]} */
const messages = [];
const channels = new Channels(byId('channels'), byId('messages'), pressed);
/** The channels when the clock began to move, or when new posts were last shown. @type {ConsoleState['channels']} */
let shownChannels = [];
const timeBar = new TimeBar(byId('time-bar'), {
  onStart: () => {
    shownChannels = knownChannels;
  },
  onPoll: () => {
    // One request at a time; one that fails is made up for by the next.
    showing ??= showNewPosts()
      .catch(() => {})
      .finally(() => {
        showing = null;
      });
  },
  onDone: async () => {
    await showing;
    await showNewPosts();
  },
  onFailed: (error) => note('moved', 'the clock', failure(error)),
});
/** @type {ConsoleState['channels']} */
let knownChannels = [];
/** @type {Promise<void> | null} */
let showing = null;
let polls = 0;
let title = 'Candlecast';

/** @param {BotMessage} message */
function show(message) {
  messages.push(message);
  while (messages.length > MAX_MESSAGES) messages.shift()?.remove();
  list.add(message.element);
}

/**
 * Sends a command and shows its answer.
 * @param {Invocation} invocation
 * @param {string} line
 */
async function send(invocation, line) {
  channels.show(null);
  const message = new BotMessage(title, { verb: 'used', what: line }, () => composer.focus());
  message.think();
  show(message);
  await settle(message, () => runCommand(invocation, (reply) => message.showProgress(reply)));
  list.reveal(message.element);
}

/**
 * Shows an answer in a message, and later the answers to its buttons in the same place.
 * @param {BotMessage} message
 * @param {() => Promise<Answer>} ask
 */
async function settle(message, ask) {
  try {
    const answer = await ask();
    setClock(answer.nowMs);
    showBanner(answer.banner);
    message.show(answer, (customId, values, label) => pressed(message, customId, values, label));
  } catch (error) {
    message.fill(failure(error));
  }
}

/**
 * @param {BotMessage} message
 * @param {string} customId
 * @param {readonly string[]} values
 * @param {string} label
 */
async function pressed(message, customId, values, label) {
  message.setBusy(true);
  try {
    const answer = await press(customId, values);
    setClock(answer.nowMs);
    showBanner(answer.banner);
    if (answer.ok && !answer.private) message.show(answer, (...again) => pressed(message, ...again));
    else {
      // What was there stays: an error, or an answer to this reader alone, is shown below it.
      const below = new BotMessage(title, { verb: 'pressed', what: label }, () => composer.focus());
      below.show({ ...answer, private: true }, (...again) => pressed(below, ...again));
      channels.show(null);
      show(below);
    }
  } catch (error) {
    note('pressed', label, failure(error));
  } finally {
    message.setBusy(false);
  }
}

/**
 * Adds a message about the result of a press to the answers.
 * @param {'pressed' | 'moved'} verb
 * @param {string} what
 * @param {Node} content
 */
function note(verb, what, content) {
  const message = new BotMessage(title, { verb, what }, () => composer.focus());
  message.fill(content);
  channels.show(null);
  show(message);
}

/** Shows what was posted since the clock began to move, or since this was called last. */
async function showNewPosts() {
  const state = await fetchState();
  showState(state);
  await channels.update(state.channels, title);
  channels.showNews(shownChannels, state.channels);
  shownChannels = state.channels;
}

/** @param {unknown} error */
function failure(error) {
  const reason =
    error instanceof TypeError
      ? 'Candlecast does not answer. Is it still running? Start it again, then repeat the command.'
      : String(error instanceof Error ? error.message : error);
  return h('p', { class: 'failure', role: 'alert' }, reason);
}

/** @param {string | null} text */
function showBanner(text) {
  const banner = byId('banner');
  if (banner.textContent !== (text ?? '')) banner.textContent = text ?? '';
  banner.hidden = text === null;
}

/** @param {ConsoleState} state */
function showState(state) {
  title = state.title;
  document.title = `${state.title} – local console`;
  byId('title').textContent = state.title.toLowerCase();
  byId('version').textContent = `v${state.version}`;
  setClock(state.nowMs);
  showBanner(state.banner);
  composer.commands = state.commands;
  knownChannels = state.channels;
  timeBar.show(state.movable);
}

/** Keeps the banner and the connection mark up to date. */
async function poll() {
  const connection = byId('connection');
  let wait = POLL_MS[Math.min(polls++, POLL_MS.length - 1)];
  try {
    const state = await fetchState();
    showState(state);
    await channels.update(state.channels, title);
    connection.textContent = 'Running on this computer';
    connection.classList.remove('lost');
  } catch {
    connection.textContent = 'Not connected';
    connection.classList.add('lost');
    wait = RETRY_MS;
  }
  window.setTimeout(poll, wait);
}

async function start() {
  try {
    const state = await fetchState();
    showState(state);
    const message = new BotMessage(title, null, () => {});
    message.fill(
      welcome(state, (line) => {
        const read = readLine(line, composer.commands);
        send(read ? { command: read.entry.name, options: read.values } : { line }, line);
      }),
    );
    show(message);
    composer.focus();
  } catch (error) {
    list.container.append(failure(error));
  }
  window.setInterval(refreshTimes, 15_000);
  await poll();
}

byId('open-commands').addEventListener('click', () => composer.openPicker());
document.addEventListener('keydown', (event) => {
  // Typing a slash anywhere outside a field starts a command, as in Discord.
  const target = /** @type {HTMLElement} */ (event.target);
  if (
    event.key === '/' &&
    !event.ctrlKey &&
    !event.metaKey &&
    !event.altKey &&
    !target.closest('input, textarea, dialog')
  ) {
    event.preventDefault();
    composer.openPicker();
  }
});
start();
