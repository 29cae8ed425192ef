import { freshId, h } from './dom.js';
import { Listbox } from './listbox.js';
import { externalLink } from './markdown-view.js';

/**
 * @typedef {import('../wire.ts').WireReply['components'][number]} Row
 * @typedef {Row['components'][number]} Component
 * @typedef {Extract<Component, { type: 2 }>} Button
 * @typedef {Extract<Component, { type: 3 }>} Select
 * @typedef {(customId: string, values: readonly string[], label: string) => void} OnPress
 */

const BUTTON = 2;
const STRING_SELECT = 3;
const LINK_STYLE = 5;
const STYLES = ['', 'primary', 'secondary', 'success', 'danger'];

/**
 * Renders the rows of buttons and selects under a message.
 * @param {readonly Row[]} rows
 * @param {OnPress} onPress
 */
export function componentRows(rows, onPress) {
  return rows.map((row) => h('div', { class: 'row' }, ...row.components.map((component) => view(component, onPress))));
}

/**
 * @param {Component} component
 * @param {OnPress} onPress
 */
function view(component, onPress) {
  if (component.type === BUTTON) return buttonView(/** @type {Button} */ (component), onPress);
  if (component.type === STRING_SELECT) return selectView(/** @type {Select} */ (component), onPress);
  return h('p', { class: 'unsupported' }, 'This control works only in Discord.');
}

/** @param {{ name?: string | null | undefined, id?: string | undefined } | undefined} emoji */
function emojiText(emoji) {
  // A custom emoji (one with an id) is a picture on Discord's servers; the page loads nothing from there.
  return emoji && !emoji.id && emoji.name ? `${emoji.name} ` : '';
}

/**
 * @param {Button} button
 * @param {OnPress} onPress
 */
function buttonView(button, onPress) {
  const label = `${'emoji' in button ? emojiText(button.emoji) : ''}${'label' in button ? (button.label ?? '') : ''}`;
  if (button.style === LINK_STYLE) {
    const link = externalLink(button.url, `${label} ↗`);
    link.className = 'button secondary';
    return link;
  }
  const view = h(
    'button',
    { type: 'button', class: `button ${STYLES[button.style] ?? 'secondary'}`, disabled: button.disabled },
    label,
  );
  view.addEventListener('click', () => 'custom_id' in button && onPress(button.custom_id, [], label));
  return view;
}

/**
 * A select with one choice behaves as a menu button; with several, as a group of check boxes and a button.
 * @param {Select} select
 * @param {OnPress} onPress
 */
function selectView(select, onPress) {
  return (select.max_values ?? 1) > 1 ? multipleView(select, onPress) : singleView(select, onPress);
}

/**
 * @param {Select} select
 * @param {OnPress} onPress
 */
function singleView(select, onPress) {
  const chosen = select.options.findIndex((option) => option.default === true);
  const current = select.options[chosen];
  const name = select.placeholder ?? 'Choose';
  const toggle = h(
    'button',
    {
      type: 'button',
      class: 'select',
      role: 'combobox',
      'aria-haspopup': 'listbox',
      'aria-expanded': 'false',
      'aria-label': name,
      disabled: select.disabled,
    },
    current ? `${emojiText(current.emoji)}${current.label}` : h('span', { class: 'placeholder' }, name),
  );
  const popup = h('div', { class: 'select-popup' });
  const listbox = new Listbox(popup, (item) => {
    listbox.hide();
    if (item.value !== current?.value) onPress(select.custom_id, [String(item.value)], item.label);
  });
  const items = select.options.map((option) => ({
    label: `${emojiText(option.emoji)}${option.label}`,
    value: option.value,
    ...(option.description ? { detail: option.description } : {}),
  }));
  const open = () => {
    listbox.show(toggle, name, items, { active: Math.max(chosen, 0) });
    const list = toggle.closest('.messages')?.getBoundingClientRect().top ?? 0;
    popup.classList.toggle('below', toggle.getBoundingClientRect().top - list < popup.offsetHeight + 8);
  };
  toggle.addEventListener('click', () => (listbox.open ? listbox.hide() : open()));
  toggle.addEventListener('blur', () => listbox.hide());
  toggle.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      if (listbox.open) listbox.move(event.key === 'ArrowDown' ? 1 : -1);
      else open();
    } else if ((event.key === 'Enter' || event.key === ' ') && listbox.open && listbox.active) {
      listbox.onPick(listbox.active);
    } else if (event.key === 'Escape' && listbox.open) {
      listbox.hide();
    } else return;
    event.preventDefault();
  });
  return h('div', { class: 'select-box' }, toggle, popup);
}

/**
 * @param {Select} select
 * @param {OnPress} onPress
 */
function multipleView(select, onPress) {
  const boxes = select.options.map((option) => {
    const id = freshId('check');
    const box = h('input', {
      type: 'checkbox',
      id,
      value: option.value,
      checked: option.default,
      disabled: select.disabled,
    });
    return { box, label: h('label', { for: id }, box, ` ${emojiText(option.emoji)}${option.label}`) };
  });
  const apply = h('button', { type: 'button', class: 'button secondary', disabled: select.disabled }, 'Apply');
  const values = () => boxes.filter(({ box }) => box.checked).map(({ box }) => box.value);
  const check = () => {
    const count = values().length;
    apply.disabled = select.disabled === true || count < (select.min_values ?? 1) || count > (select.max_values ?? 1);
  };
  for (const { box } of boxes) box.addEventListener('change', check);
  apply.addEventListener('click', () => onPress(select.custom_id, values(), values().join(', ')));
  check();
  return h('fieldset', {}, h('legend', {}, select.placeholder ?? 'Choose'), ...boxes.map(({ label }) => label), apply);
}
