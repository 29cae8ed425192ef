import { h } from './dom.js';

/** @typedef {import('../wire.ts').ConsoleState} ConsoleState */

/**
 * The first message: what this page is, and commands to try at one click.
 * @param {ConsoleState} state
 * @param {(line: string) => void} onTry
 */
export function welcome(state, onTry) {
  const examples = state.examples.map(({ line, label }) => {
    const button = h('button', { type: 'button', class: 'example' }, h('code', {}, line), h('span', {}, label));
    button.addEventListener('click', () => onTry(line));
    return h('li', {}, button);
  });
  return h(
    'div',
    { class: 'welcome' },
    h('h2', {}, `Welcome to ${state.title}`),
    h('p', {}, 'The same commands and replies as in Discord, on this computer alone. Try one:'),
    h('ul', { class: 'examples' }, ...examples),
    h(
      'p',
      { class: 'tip' },
      'Or type ',
      h('kbd', {}, '/'),
      ' to see every command. ',
      h('kbd', {}, '↑'),
      ' brings back what you sent.',
    ),
  );
}
