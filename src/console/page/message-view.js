import { nowMs, timeElement } from './clock.js';
import { componentRows } from './components-view.js';
import { h } from './dom.js';
import { embedView } from './embed-view.js';
import { attachments, releaseFile } from './files-view.js';
import { markdown } from './markdown-view.js';

/**
 * @typedef {import('../wire.ts').WireReply} WireReply
 * @typedef {import('../wire.ts').Answer} Answer
 * @typedef {import('./components-view.js').OnPress} OnPress
 */

/** @param {number} ms */
const sameDay = (ms) => new Date(ms).toDateString() === new Date(nowMs()).toDateString();

/**
 * One message of the bot: first a "thinking" line, then the reply, which a button may replace.
 */
export class BotMessage {
  /** @type {WireReply | null} */
  #reply = null;
  #focused = -1;
  #body = h('div', { class: 'message-body' });
  #foot = h('div', { class: 'message-foot' });

  /**
   * @param {string} botName
   * @param {{ verb: 'used' | 'pressed' | 'moved', what: string } | null} cause the line or control it answers, shown above it
   * @param {() => void} onDismiss called after the reader took the message away
   * @param {number} [atMs] when it was sent; default now
   */
  constructor(botName, cause, onDismiss, atMs = nowMs()) {
    this.botName = botName;
    this.onDismiss = onDismiss;
    this.element = h(
      'article',
      { class: 'message', 'aria-label': cause ? `Answer to ${cause.what}` : `Message from ${botName}` },
      cause
        ? h(
            'p',
            { class: 'used' },
            h('span', { class: 'you', 'aria-hidden': 'true' }, 'Y'),
            `You ${cause.verb} `,
            h('span', { class: 'mention' }, cause.what),
          )
        : null,
      h('img', { class: 'avatar', src: '/avatar.svg', alt: '', width: 40, height: 40 }),
      h(
        'div',
        { class: 'message-main' },
        h(
          'p',
          { class: 'message-head' },
          h('span', { class: 'name' }, botName),
          h('span', { class: 'tag' }, 'APP'),
          timeElement(atMs, sameDay(atMs) ? 't' : 'f'),
        ),
        this.#body,
        this.#foot,
      ),
    );
  }

  /** Shows that the answer is being worked on. */
  think() {
    const dots = h('span', { class: 'dots', 'aria-hidden': 'true' }, h('i'), h('i'), h('i'));
    this.element.setAttribute('aria-busy', 'true');
    this.#body.replaceChildren(h('p', { class: 'thinking' }, dots, `${this.botName} is thinking…`));
  }

  /**
   * Shows content made by the page itself.
   * @param {...(Node | string)} content
   */
  fill(...content) {
    this.element.removeAttribute('aria-busy');
    this.#body.replaceChildren(...content);
  }

  /**
   * Shows an answer in place of what was there.
   * @param {Answer} answer
   * @param {OnPress} onPress
   */
  show(answer, onPress) {
    this.#fillWith(answer.reply, onPress);
    // A message stays as private as it was first sent, whatever its buttons answer.
    if (answer.private && !this.element.classList.contains('private')) {
      this.element.classList.add('private');
      this.#foot.replaceChildren(this.#privacyNote());
    }
  }

  /**
   * Shows a post, which everybody in the channel sees.
   * @param {WireReply} reply
   * @param {OnPress} onPress
   */
  showPost(reply, onPress) {
    this.#fillWith(reply, onPress);
  }

  /**
   * Shows how far an answer has come; the message stays busy.
   * @param {WireReply} reply
   */
  showProgress(reply) {
    this.#fillWith(reply, () => {});
    this.element.setAttribute('aria-busy', 'true');
  }

  /**
   * @param {WireReply} reply
   * @param {OnPress} onPress
   */
  #fillWith(reply, onPress) {
    for (const file of this.#reply?.files ?? []) releaseFile(file);
    this.#reply = reply;
    const shown = new Set(reply.embeds.flatMap((embed) => [embed.image?.url, embed.thumbnail?.url]));
    const loose = reply.files.filter((file) => !shown.has(`attachment://${file.name}`));
    this.fill(
      ...(reply.content ? [h('div', { class: 'content' }, markdown(reply.content))] : []),
      ...reply.embeds.map((embed) => embedView(embed, reply.files)),
      ...attachments(loose),
      ...componentRows(reply.components, onPress),
    );
  }

  /**
   * Locks or frees the message's controls while a press is under way.
   * @param {boolean} busy
   */
  setBusy(busy) {
    if (busy) this.#focused = this.#controls().indexOf(/** @type {HTMLElement} */ (document.activeElement));
    this.element.setAttribute('aria-busy', String(busy));
    this.#body.inert = busy;
    // The controls are new ones; whoever pressed one by keyboard goes on where they were.
    if (!busy && this.#focused >= 0) this.#controls()[this.#focused]?.focus({ preventScroll: true });
  }

  /** @returns {HTMLElement[]} */
  #controls() {
    return [.../** @type {NodeListOf<HTMLElement>} */ (this.#body.querySelectorAll('.row button'))];
  }

  /** Takes the message off the page and frees its pictures. */
  remove() {
    for (const file of this.#reply?.files ?? []) releaseFile(file);
    this.element.remove();
  }

  #privacyNote() {
    const dismiss = h('button', { type: 'button', class: 'plain' }, 'Dismiss message');
    dismiss.addEventListener('click', () => {
      this.remove();
      this.onDismiss();
    });
    return h('p', { class: 'privacy' }, 'Only you can see this', h('span', { 'aria-hidden': 'true' }, '•'), dismiss);
  }
}
