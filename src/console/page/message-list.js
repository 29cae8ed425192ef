/** The scrolling list of messages; keeps to the newest while the reader is there. */
export class MessageList {
  #atEnd = true;
  /** The message being revealed, whose top must not leave the view while pictures load. @type {HTMLElement | null} */
  #pinned = null;

  /** @param {HTMLElement} container the scrolling element */
  constructor(container) {
    this.container = container;
    container.addEventListener('scroll', () => {
      this.#atEnd = container.scrollHeight - container.scrollTop - container.clientHeight < 48;
    });
    for (const type of ['wheel', 'touchstart', 'keydown']) {
      container.addEventListener(type, () => {
        this.#pinned = null;
      });
    }
    this.observer = new ResizeObserver(() => this.#follow());
    this.observer.observe(container);
  }

  /**
   * Adds a message and shows it.
   * @param {HTMLElement} message
   */
  add(message) {
    this.container.append(message);
    this.observer.observe(message);
    this.reveal(message);
  }

  /**
   * Scrolls to the message: to its end where it fits, else to its beginning.
   * @param {HTMLElement} message
   */
  reveal(message) {
    if (message !== this.container.lastElementChild) return;
    this.#pinned = message;
    this.#follow();
  }

  #follow() {
    const { container } = this;
    if (!this.#pinned && this.#atEnd) container.scrollTop = container.scrollHeight;
    if (!this.#pinned) return;
    const end = container.scrollHeight - container.clientHeight;
    container.scrollTop = Math.min(end, this.#pinned.offsetTop - 8);
  }
}
