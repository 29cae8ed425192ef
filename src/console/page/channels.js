import { fetchPosts } from './api.js';
import { h } from './dom.js';
import { MessageList } from './message-list.js';
import { BotMessage } from './message-view.js';

/**
 * @typedef {import('../wire.ts').ChannelState} ChannelState
 * @typedef {import('./components-view.js').OnPress} OnPress
 * @typedef {(message: BotMessage, ...press: Parameters<OnPress>) => void} OnPostPress
 */

/** Posts of one channel on the page at most; the oldest are removed first. */
const MAX_POSTS = 100;

/** One channel: its tab, its list of posts, and what was seen of it. */
class Channel {
  /** @type {string | null} */
  #newest = null;
  #unread = 0;
  /** @type {BotMessage[]} */
  #posts = [];

  /**
   * @param {ChannelState} state
   * @param {HTMLElement} panel the scrolling element of its posts
   */
  constructor(state, panel) {
    this.id = state.id;
    this.name = state.name;
    this.panel = panel;
    this.list = new MessageList(panel);
    this.badge = h('span', { class: 'badge', hidden: true });
    this.tab = tabFor(state.name, panel.id, this.badge);
  }

  /**
   * Fetches and shows what is new; returns how many posts that were.
   * @param {ChannelState} state
   * @param {string} botName
   * @param {OnPostPress} onPress
   */
  async update(state, botName, onPress) {
    if (state.newest === null || state.newest === this.#newest) return 0;
    const { posts } = await fetchPosts(this.id, this.#newest);
    for (const { id, postedAtMs, reply } of posts) {
      const message = new BotMessage(botName, null, () => {}, postedAtMs);
      message.showPost(reply, (...press) => onPress(message, ...press));
      this.#posts.push(message);
      this.list.add(message.element);
      this.#newest = id;
    }
    while (this.#posts.length > MAX_POSTS) this.#posts.shift()?.remove();
    this.panel.querySelector('.nothing')?.remove();
    this.#unread += posts.length;
    return posts.length;
  }

  /** @param {boolean} open */
  show(open) {
    this.panel.hidden = !open;
    select(this.tab, open);
    if (open) this.#unread = 0;
    this.badge.textContent = String(this.#unread);
    this.badge.hidden = this.#unread === 0;
    this.tab.classList.toggle('unread', this.#unread > 0);
  }
}

/** The tabs over the messages: one where commands are typed, and one for each channel that posts go to. */
export class Channels {
  /** @type {Channel[]} */
  #channels = [];
  /** Null while the commands are on show. @type {Channel | null} */
  #open = null;
  /** @type {Promise<number>} */
  #updating = Promise.resolve(0);

  /**
   * @param {HTMLElement} strip the tab list
   * @param {HTMLElement} home the list of answers
   * @param {OnPostPress} onPress
   */
  constructor(strip, home, onPress) {
    this.strip = strip;
    this.home = home;
    this.onPress = onPress;
    this.homeTab = tabFor('commands', home.id, null);
    this.homeTab.addEventListener('click', () => this.show(null));
    strip.append(this.homeTab);
    strip.addEventListener('keydown', (event) => this.#key(event));
  }

  /**
   * Brings tabs and posts up to date; returns how many posts are new. Calls come one after the other.
   * @param {readonly ChannelState[]} states
   * @param {string} botName
   */
  update(states, botName) {
    const run = async () => {
      let fresh = 0;
      for (const state of states) {
        fresh += await this.#channel(state).update(state, botName, this.onPress);
      }
      this.strip.hidden = this.#channels.length === 0;
      this.#refresh();
      return fresh;
    };
    this.#updating = this.#updating.then(run, run);
    return this.#updating;
  }

  /**
   * Opens a channel, or the commands with null.
   * @param {string | null} id
   */
  show(id) {
    this.#open = this.#channels.find((channel) => channel.id === id) ?? null;
    this.#refresh();
  }

  /**
   * Opens a channel with unread posts, unless the one on show has some.
   * @param {readonly ChannelState[]} before states from before the posts came
   * @param {readonly ChannelState[]} after
   */
  showNews(before, after) {
    const news = after.filter(({ id, newest }) => newest !== (before.find((one) => one.id === id)?.newest ?? null));
    const [first] = news;
    if (first && !news.some(({ id }) => id === this.#open?.id)) this.show(first.id);
  }

  #refresh() {
    this.home.hidden = this.#open !== null;
    select(this.homeTab, this.#open === null);
    for (const channel of this.#channels) channel.show(channel === this.#open);
  }

  /** @param {ChannelState} state */
  #channel(state) {
    const known = this.#channels.find((channel) => channel.id === state.id);
    if (known) return known;
    const nothing = h('p', { class: 'nothing' }, `Nothing has been posted to #${state.name} yet.`);
    const panel = h('div', { id: `channel-${state.id}`, class: 'messages', role: 'log', hidden: true }, nothing);
    panel.setAttribute('aria-label', `Posts in #${state.name}`);
    this.home.after(panel);
    const channel = new Channel(state, panel);
    channel.tab.addEventListener('click', () => this.show(state.id));
    this.#channels.push(channel);
    this.strip.append(channel.tab);
    return channel;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const tabs = [this.homeTab, ...this.#channels.map((channel) => channel.tab)];
    const at = tabs.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (at === -1 || step === 0) return;
    const next = tabs[(at + step + tabs.length) % tabs.length];
    next?.click();
    next?.focus();
    event.preventDefault();
  }
}

/**
 * @param {string} name
 * @param {string} panelId
 * @param {HTMLElement | null} badge
 */
function tabFor(name, panelId, badge) {
  return h(
    'button',
    { type: 'button', class: 'tab', role: 'tab', 'aria-controls': panelId },
    h('span', { class: 'tab-hash', 'aria-hidden': 'true' }, badge ? '#' : '/'),
    name,
    badge,
  );
}

/**
 * @param {HTMLElement} tab
 * @param {boolean} selected
 */
function select(tab, selected) {
  tab.setAttribute('aria-selected', String(selected));
  tab.tabIndex = selected ? 0 : -1;
}
