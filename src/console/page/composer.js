import { matchCommands, readLine, writeLine } from './command-line.js';
import { h } from './dom.js';
import { History } from './history.js';
import { Listbox } from './listbox.js';
import { OptionField } from './option-field.js';

/**
 * @typedef {import('../catalogue.ts').CatalogueEntry} Entry
 * @typedef {import('./api.js').Invocation} Invocation
 * @typedef {import('./listbox.js').ListItem} ListItem
 * @typedef {(invocation: Invocation, line: string) => void} OnSend
 */

/** Where commands are typed: a plain line until a command is picked, then its name with a field for each option. */
export class Composer {
  /** @type {readonly Entry[]} */
  commands = [];
  /** @type {Entry | null} */
  #entry = null;
  /** @type {OptionField[]} */
  #fields = [];
  #history = new History();
  /** True while the focus moves without opening the list of completions. */
  #quiet = false;

  /**
   * @param {HTMLFormElement} form with `.composer-fields`, an input, `.composer-popup` and `.composer-hint`
   * @param {OnSend} onSend
   */
  constructor(form, onSend) {
    this.form = form;
    this.onSend = onSend;
    this.input = /** @type {HTMLInputElement} */ (form.querySelector('input'));
    this.holder = /** @type {HTMLElement} */ (form.querySelector('.composer-fields'));
    this.hint = /** @type {HTMLElement} */ (form.querySelector('.composer-hint'));
    this.listbox = new Listbox(/** @type {HTMLElement} */ (form.querySelector('.composer-popup')), (item) =>
      this.#pick(item),
    );
    this.input.addEventListener('input', () => this.#typed());
    form.addEventListener('input', () => this.#history.leave());
    form.addEventListener('keydown', (event) => this.#key(event));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit();
    });
    form.addEventListener('focusout', (event) => {
      if (!form.contains(/** @type {Node | null} */ (event.relatedTarget))) this.listbox.hide();
    });
  }

  focus() {
    (this.#fields.find((field) => field.text === '') ?? this.#fields[0] ?? { input: this.input }).input.focus();
  }

  /** Opens the picker as if `/` had been typed. */
  openPicker() {
    this.#leaveCommand('/');
    this.#typed();
  }

  #typed() {
    this.#say('');
    const text = this.input.value;
    const read = /\s/.test(text) ? readLine(text, this.commands) : null;
    // A space after a full name picks the command, as in Discord; so does pasting a whole line.
    if (text.startsWith('/') && read) this.#enterCommand(read.entry, read.values);
    else if (text.startsWith('/') && (!/\s/.test(text) || this.#begins(text.slice(1))))
      this.#showCommands(text.slice(1));
    else this.listbox.hide();
  }

  /** @param {string} typed */
  #begins(typed) {
    return this.commands.some((entry) => entry.name.startsWith(typed));
  }

  /** @param {string} typed */
  #showCommands(typed) {
    const items = matchCommands(typed, this.commands).map((entry) => ({
      label: `/${entry.name}`,
      value: entry.name,
      hint: entry.options
        .filter((option) => option.required)
        .map((option) => option.name)
        .join(' '),
      detail: entry.description,
    }));
    this.listbox.show(this.input, 'Commands', items, { empty: 'No command has that name.' });
  }

  /** @param {ListItem} item */
  #pick(item) {
    if (!this.#entry) {
      const entry = this.commands.find((candidate) => candidate.name === item.value);
      if (entry) this.#enterCommand(entry, {});
      return;
    }
    const field = this.#fields.find((candidate) => candidate.input === this.listbox.owner);
    field?.pick(item);
    const next = this.#fields.find((candidate) => candidate.text === '');
    if (next) next.input.focus();
  }

  /**
   * @param {Entry} entry
   * @param {Record<string, string>} values
   * @param {boolean} [quiet] without opening a list, as for a line from the history
   */
  #enterCommand(entry, values, quiet = false) {
    this.listbox.hide();
    this.#say(entry.options.length === 0 ? 'Press Enter to send.' : '');
    this.#entry = entry;
    this.#fields = entry.options.map((option) => new OptionField(entry, option, this.listbox));
    for (const field of this.#fields) {
      field.fill(values[field.option.name] ?? '');
      field.input.addEventListener('focus', () => !this.#quiet && field.suggest());
      field.input.addEventListener('click', () => !this.listbox.open && field.suggest());
      field.input.addEventListener('blur', () => field.leave());
    }
    this.holder.replaceChildren(
      h('span', { class: 'command-name' }, `/${entry.name}`),
      ...this.#fields.map((field) => field.element),
    );
    // A command without options keeps the plain input, empty, to hold the focus.
    this.input.value = '';
    this.input.hidden = this.#fields.length > 0;
    this.input.placeholder = '';
    this.#quiet = quiet;
    this.focus();
    this.#quiet = false;
  }

  /** @param {string} text what the plain line then holds */
  #leaveCommand(text) {
    this.listbox.hide();
    this.#entry = null;
    this.#fields = [];
    this.holder.replaceChildren();
    this.input.hidden = false;
    this.input.placeholder = 'Type / for commands';
    this.input.value = text;
    this.#say('');
    this.input.focus();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.isComposing) return;
    const field = this.#fields.find((candidate) => candidate.input === event.target);
    const { open, active } = this.listbox;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      const step = event.key === 'ArrowDown' ? 1 : -1;
      if (this.#browsing(field) && this.#recall(step)) event.preventDefault();
      else if (open) this.listbox.move(step);
      else if (field) field.suggest();
      else return;
      event.preventDefault();
    } else if (event.key === 'Escape') {
      if (open) this.listbox.hide();
      else this.#leaveCommand('');
      event.preventDefault();
    } else if (event.key === 'Backspace' && this.#entry && !field?.input.value && !this.input.value) {
      this.#backspace(field);
      event.preventDefault();
    } else if (event.key !== 'Enter' && event.key !== 'Tab') {
      return;
    } else if (field?.waiting && field.text !== '' && !event.shiftKey) {
      event.preventDefault();
      this.#takeBest(field, event.key === 'Enter');
    } else if (open && active && !event.shiftKey) {
      const already = field && field.text !== '' && field.value === active.value;
      if (already && event.key === 'Enter') return;
      const before = document.activeElement;
      this.#pick(active);
      // Tab moves on without help unless picking has already moved the focus; Enter must not send an incomplete command.
      if (event.key === 'Enter' || document.activeElement !== before) event.preventDefault();
    }
  }

  /**
   * Takes the first completion of what was just typed, for which the answer is still to come.
   * @param {OptionField} field
   * @param {boolean} send whether to send where nothing completes it
   */
  async #takeBest(field, send) {
    const fresh = await field.complete();
    if (!fresh || document.activeElement !== field.input) return;
    const { active, owner } = this.listbox;
    if (owner === field.input && active) this.#pick(active);
    else if (send) this.#submit();
  }

  /**
   * Tells whether the arrow keys go through the history: on an empty line, or while a recalled one is untouched.
   * @param {OptionField | undefined} field
   */
  #browsing(field) {
    if (this.listbox.open) return false;
    return this.#history.browsing || (!this.#entry && !field && this.input.value === '');
  }

  /** @param {number} step */
  #recall(step) {
    const line = this.#history.go(step);
    if (line === undefined) return false;
    const read = readLine(line, this.commands);
    if (read) this.#enterCommand(read.entry, read.values, true);
    else this.#leaveCommand(line);
    return true;
  }

  /** @param {OptionField | undefined} field */
  #backspace(field) {
    const index = field ? this.#fields.indexOf(field) : 0;
    if (index > 0) this.#fields[index - 1]?.input.focus();
    else {
      const name = this.#entry?.name ?? '';
      this.#leaveCommand(`/${name}`);
      this.#typed();
    }
  }

  #submit() {
    const entry = this.#entry;
    if (!entry) return this.#submitLine();
    const missing = this.#fields.find((field) => field.option.required && field.text === '');
    if (missing) {
      missing.input.setAttribute('aria-invalid', 'true');
      missing.input.focus();
      this.#say(`${missing.option.name} is required.`);
      return;
    }
    const filled = this.#fields.filter((field) => field.text !== '');
    const options = Object.fromEntries(filled.map((field) => [field.option.name, field.value]));
    this.#send({ command: entry.name, options }, writeLine(entry.name, options));
  }

  #submitLine() {
    const line = this.input.value.trim();
    if (line === '') return;
    if (!line.startsWith('/')) {
      this.#say('Commands begin with a slash. Type / to see them all.');
      return;
    }
    this.#send({ line }, line);
  }

  /**
   * @param {Invocation} invocation
   * @param {string} line
   */
  #send(invocation, line) {
    this.#history.add(line);
    this.#leaveCommand('');
    this.onSend(invocation, line);
  }

  /** @param {string} text */
  #say(text) {
    this.hint.textContent = text;
  }
}
