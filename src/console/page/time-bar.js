import { moveClock } from './api.js';
import { formatTime, nowMs, refreshTimes, setClock } from './clock.js';
import { h } from './dom.js';

/** How often the page fetches new posts while the clock moves. */
const POLL_MS = 2_000;

/** The demo's clock and the buttons that move it. */
export class TimeBar {
  #moving = false;

  /**
   * @param {HTMLElement} holder
   * @param {{ onStart: () => void, onPoll: () => void, onDone: () => Promise<void>, onFailed: (error: unknown) => void }} handlers
   */
  constructor(holder, handlers) {
    this.holder = holder;
    this.handlers = handlers;
    this.time = h('output', { class: 'time-now', 'aria-live': 'off' });
    this.bar = h('progress', {
      class: 'time-progress',
      max: 1,
      value: 0,
      hidden: true,
      'aria-label': 'The clock is moving',
    });
    this.buttons = [this.#button('Next hour', 1), this.#button('Next day', 24)];
    holder.append(h('span', { class: 'time-label' }, 'Demo clock'), this.time, this.bar, ...this.buttons);
  }

  /** @param {boolean} movable */
  show(movable) {
    this.holder.hidden = !movable;
    if (movable && !this.#moving) this.#write(nowMs());
  }

  /**
   * @param {string} label
   * @param {number} hours
   */
  #button(label, hours) {
    const button = h('button', { type: 'button', class: 'button' }, label);
    button.addEventListener('click', () => this.#go(hours, button));
    return button;
  }

  /** @param {number} ms */
  #write(ms) {
    this.time.textContent = formatTime(ms, 'F');
  }

  /**
   * @param {number} hours
   * @param {HTMLButtonElement} pressed
   */
  async #go(hours, pressed) {
    if (this.#moving) return;
    this.#moving = true;
    for (const button of this.buttons) button.disabled = true;
    this.bar.value = 0;
    this.bar.hidden = false;
    this.handlers.onStart();
    const polling = window.setInterval(() => this.handlers.onPoll(), POLL_MS);
    try {
      const endMs = await moveClock(hours, (step) => {
        this.bar.value = step.share;
        this.#write(step.nowMs);
      });
      setClock(endMs);
      refreshTimes();
      await this.handlers.onDone();
    } catch (error) {
      this.handlers.onFailed(error);
    } finally {
      window.clearInterval(polling);
      this.#moving = false;
      this.bar.hidden = true;
      for (const button of this.buttons) button.disabled = false;
      this.#write(nowMs());
      pressed.focus();
    }
  }
}
