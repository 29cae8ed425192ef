// What the page gains with a script: the chosen horizon in the address, so that it can be passed on, and a filter over the coins. Without it everything
// is still there.

const radios = /** @type {HTMLInputElement[]} */ ([...document.querySelectorAll('input[name="horizon"]')]);
const asked = new URLSearchParams(location.search).get('horizon');
for (const radio of radios) {
  if (radio.value === asked) radio.checked = true;
  radio.addEventListener('change', () => {
    const address = new URL(location.href);
    address.searchParams.set('horizon', radio.value);
    try {
      history.replaceState(null, '', address);
    } catch {
      // Some browsers forbid it for a page that is opened as a file.
    }
  });
}

for (const section of document.querySelectorAll('.horizon')) {
  const tables = /** @type {NodeListOf<HTMLTableElement>} */ (section.querySelectorAll('table.coins'));
  const rows = [...tables].flatMap((table) => [...(table.tBodies[0]?.rows ?? [])]);
  if (rows.length < 6) continue;
  const label = document.createElement('label');
  label.className = 'filter';
  label.append('Coin ');
  const input = document.createElement('input');
  input.type = 'search';
  input.placeholder = 'such as BTC';
  label.append(input);
  const count = document.createElement('output');
  label.append(count);
  // Coins that are folded away are looked through, too.
  const folded = /** @type {HTMLDetailsElement | null} */ (section.querySelector('details.more'));
  input.addEventListener('input', () => {
    const wanted = input.value.trim().toUpperCase();
    let shown = 0;
    for (const row of rows) {
      row.hidden = !(row.cells[0]?.textContent ?? '').toUpperCase().includes(wanted);
      if (!row.hidden) shown++;
    }
    if (folded) folded.open = wanted !== '';
    for (const table of tables) {
      const scroll = /** @type {HTMLElement | null} */ (table.closest('.scroll'));
      if (scroll) scroll.hidden = [...(table.tBodies[0]?.rows ?? [])].every((row) => row.hidden);
    }
    count.textContent = wanted === '' ? '' : `${shown} of ${rows.length}`;
  });
  tables[0]?.closest('.scroll')?.before(label);
}
