import { complete } from './api.js';
import { freshId, h } from './dom.js';

/**
 * @typedef {import('../catalogue.ts').CatalogueEntry} Entry
 * @typedef {import('../catalogue.ts').CatalogueOption} Option
 * @typedef {import('./listbox.js').Listbox} Listbox
 * @typedef {import('./listbox.js').ListItem} ListItem
 */

const DEBOUNCE_MS = 120;

/** One option of a command in the composer: a name, a text field and the list that completes it. */
export class OptionField {
  /** The value behind the label that was picked; null while the text was typed. @type {ListItem | null} */
  #picked = null;
  #timer = 0;
  /** @type {AbortController | null} */
  #running = null;

  /**
   * @param {Entry} entry
   * @param {Option} option
   * @param {Listbox} listbox
   */
  constructor(entry, option, listbox) {
    this.entry = entry;
    this.option = option;
    this.listbox = listbox;
    const id = freshId('option-field');
    this.input = h('input', {
      id,
      type: 'text',
      role: 'combobox',
      class: 'pill-input',
      autocomplete: 'off',
      autocapitalize: 'off',
      spellcheck: 'false',
      maxlength: 500,
      placeholder: option.required ? '' : 'optional',
      'aria-required': String(option.required),
      'aria-autocomplete': 'list',
      'aria-expanded': 'false',
      'aria-description': option.description,
    });
    this.element = h(
      'span',
      { class: option.required ? 'pill' : 'pill optional' },
      h('label', { for: id }, option.name),
      this.input,
    );
    this.input.addEventListener('input', () => {
      this.#picked = null;
      this.input.removeAttribute('aria-invalid');
      this.#resize();
      this.suggest();
    });
    this.#resize();
  }

  get text() {
    return this.input.value.trim();
  }

  /** The value to send; an empty text means that the option is left out. */
  get value() {
    return this.#picked?.value ?? this.#items().find((item) => sameText(item, this.text))?.value ?? this.text;
  }

  /** True while an answer for the present text is still to come, so that the list on show may be for an older one. */
  get waiting() {
    return this.#timer !== 0 || this.#running !== null;
  }

  /**
   * Fills the field as if the item had been picked.
   * @param {ListItem} item
   */
  pick(item) {
    this.#cancel();
    this.#picked = item;
    this.input.value = item.label;
    this.input.removeAttribute('aria-invalid');
    this.#resize();
    this.listbox.hide();
  }

  /** @param {string} text */
  fill(text) {
    const item = this.#items().find((candidate) => sameText(candidate, text));
    if (item) this.pick(item);
    else this.input.value = text;
    this.#resize();
  }

  /** Shows what could be put in; asks the server where only it knows. */
  suggest() {
    this.#cancel();
    if (this.option.autocomplete) {
      this.#timer = window.setTimeout(() => this.complete(), this.text ? DEBOUNCE_MS : 0);
      return;
    }
    const items = this.#items();
    const typed = this.#picked ? '' : this.text.toLowerCase();
    const matching = items.filter(
      (item) => item.label.toLowerCase().includes(typed) || String(item.value).includes(typed),
    );
    const empty = items.length > 0 ? 'Nothing matches.' : hintFor(this.option);
    this.listbox.show(this.input, this.#heading(), matching, { active: this.#firstActive(), empty });
  }

  #heading() {
    return `${this.option.name} – ${this.option.description}`;
  }

  leave() {
    this.#cancel();
    if (this.listbox.owner === this.input) this.listbox.hide();
  }

  /** Asks the server for completions of the present text and shows them; false when the text has changed since. */
  async complete() {
    this.#cancel();
    const heading = this.#heading();
    const running = new AbortController();
    this.#running = running;
    try {
      const typed = this.#picked ? '' : this.text;
      const { choices } = await complete(this.entry.name, this.option.name, typed, running.signal);
      if (running.signal.aborted) return false;
      const items = choices.map((choice) => ({ label: choice.name, value: choice.value }));
      this.listbox.show(this.input, heading, items, { active: this.#firstActive() });
      return true;
    } catch {
      // Suggestions are a help, never a condition: what was typed can still be sent and is checked then.
      if (running.signal.aborted) return false;
      this.listbox.show(this.input, heading, [], { empty: 'No suggestions right now.' });
      return true;
    } finally {
      if (this.#running === running) this.#running = null;
    }
  }

  /** An optional field left empty offers its list without choosing from it, so that Enter sends. */
  #firstActive() {
    return this.text === '' && !this.option.required ? -1 : 0;
  }

  /** @returns {ListItem[]} */
  #items() {
    if (this.option.kind === 'boolean') {
      return [
        { label: 'True', value: true },
        { label: 'False', value: false },
      ];
    }
    return this.option.choices.map((choice) => ({ label: choice.name, value: choice.value }));
  }

  #cancel() {
    window.clearTimeout(this.#timer);
    this.#timer = 0;
    this.#running?.abort();
    this.#running = null;
  }

  #resize() {
    const length = Math.max(this.input.value.length, this.input.placeholder.length, 4);
    this.input.style.setProperty('--length', String(Math.min(length + 1, 40)));
  }
}

/**
 * @param {ListItem} item
 * @param {string} text
 */
function sameText(item, text) {
  const typed = text.toLowerCase();
  return typed !== '' && (String(item.value).toLowerCase() === typed || item.label.toLowerCase() === typed);
}

/** @param {Option} option */
function hintFor(option) {
  return option.kind === 'text'
    ? 'Type a text.'
    : `Type ${option.kind === 'integer' ? 'a whole number' : `a ${option.kind}`}.`;
}
