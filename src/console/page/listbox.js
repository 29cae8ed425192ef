import { freshId, h } from './dom.js';

/** @typedef {{ label: string, value: string | number | boolean, detail?: string, hint?: string }} ListItem */

/**
 * A list to choose from while the focus stays in the control it belongs to (ARIA's `aria-activedescendant` pattern).
 * The owner passes keys on; the pointer is handled here.
 */
export class Listbox {
  /** @type {readonly ListItem[]} */
  #items = [];
  #active = -1;
  #list;
  #heading;

  /**
   * @param {HTMLElement} container where the list is put; hidden while there is nothing to choose
   * @param {(item: ListItem) => void} onPick
   */
  constructor(container, onPick) {
    this.container = container;
    this.onPick = onPick;
    this.#heading = h('p', { class: 'list-heading' });
    this.#list = h('div', { role: 'listbox', id: freshId('list'), class: 'list' });
    container.append(this.#heading, this.#list);
    container.hidden = true;
    // The focus must not leave the control when the list is clicked.
    container.addEventListener('pointerdown', (event) => event.preventDefault());
    /** @type {HTMLElement | null} */
    this.owner = null;
  }

  get open() {
    return !this.container.hidden;
  }

  /** The item that Enter would take. */
  get active() {
    return this.#items[this.#active] ?? null;
  }

  /**
   * Shows items for a control.
   * @param {HTMLElement} owner
   * @param {string} heading also the list's accessible name
   * @param {readonly ListItem[]} items
   * @param {{ active?: number, empty?: string }} [options]
   */
  show(owner, heading, items, { active = 0, empty = 'Nothing matches.' } = {}) {
    if (this.owner && this.owner !== owner) this.hide();
    this.owner = owner;
    this.#items = items;
    this.#heading.textContent = items.length > 0 ? heading : `${heading} – ${empty}`;
    this.#list.setAttribute('aria-label', heading);
    this.#list.replaceChildren(...items.map((item) => this.#option(item)));
    this.container.hidden = false;
    owner.setAttribute('aria-expanded', 'true');
    owner.setAttribute('aria-controls', this.#list.id);
    this.#activate(Math.min(active, items.length - 1));
  }

  hide() {
    this.container.hidden = true;
    this.#active = -1;
    this.owner?.setAttribute('aria-expanded', 'false');
    this.owner?.removeAttribute('aria-activedescendant');
    this.owner = null;
  }

  /**
   * Moves the highlight and wraps around.
   * @param {number} step
   */
  move(step) {
    const count = this.#items.length;
    if (count === 0) return;
    const from = this.#active < 0 && step < 0 ? 0 : this.#active;
    this.#activate((from + step + count) % count);
  }

  /** @param {number} index */
  #activate(index) {
    this.#active = index;
    [...this.#list.children].forEach((option, i) => {
      option.setAttribute('aria-selected', String(i === index));
    });
    const option = this.#list.children[index];
    if (option) {
      this.owner?.setAttribute('aria-activedescendant', option.id);
      option.scrollIntoView({ block: 'nearest' });
    } else {
      this.owner?.removeAttribute('aria-activedescendant');
    }
  }

  /** @param {ListItem} item */
  #option(item) {
    const option = h(
      'div',
      { role: 'option', id: freshId('option'), class: 'list-option', 'aria-selected': 'false' },
      h('span', { class: 'list-label' }, item.label, item.hint && h('span', { class: 'list-hint' }, ` ${item.hint}`)),
      item.detail && h('span', { class: 'list-detail' }, item.detail),
    );
    option.addEventListener('click', () => this.onPick(item));
    option.addEventListener('pointermove', () => {
      const index = [...this.#list.children].indexOf(option);
      if (index !== this.#active) this.#activate(index);
    });
    return option;
  }
}
