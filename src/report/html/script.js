// Sorts and filters the table of checks, and copies commands. The page is complete without it.
'use strict';
(() => {
  const table = document.getElementById('checks-table');
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const collator = new Intl.Collator('en', { numeric: true });
  const key = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.key ?? cell.textContent.trim();
  };
  // Empty values come last in both directions.
  const compare = (a, b, sign) =>
    a === '' || b === '' ? (a === '') - (b === '') : sign * collator.compare(a, b);

  const headers = Array.from(table.tHead.rows[0].cells);
  const sort = (column) => {
    const next = { none: 'ascending', ascending: 'descending', descending: 'none' };
    const order = next[headers[column].getAttribute('aria-sort')];
    headers.forEach((header) => header.setAttribute('aria-sort', 'none'));
    headers[column].setAttribute('aria-sort', order);
    const sign = order === 'ascending' ? 1 : -1;
    const sorted = order === 'none'
      ? rows
      : [...rows].sort((a, b) => compare(key(a, column), key(b, column), sign));
    body.append(...sorted);
  };
  headers.forEach((header, column) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...header.childNodes);
    button.addEventListener('click', () => sort(column));
    header.setAttribute('aria-sort', 'none');
    header.append(button);
  });

  const text = document.getElementById('filter-text');
  const outcome = document.getElementById('filter-outcome');
  const count = document.getElementById('filter-count');
  const filter = () => {
    const words = text.value.toLowerCase().split(/\s+/);
    for (const row of rows) {
      const shown = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => shown.includes(word))
        || (outcome.value !== '' && row.dataset.outcome !== outcome.value);
    }
    const left = rows.filter((row) => !row.hidden).length;
    count.textContent = left === rows.length
      ? `${rows.length} checks`
      : `${left} of ${rows.length} checks`;
  };
  text.addEventListener('input', filter);
  outcome.addEventListener('change', filter);
  document.getElementById('filter').hidden = false;
  filter();

  // A page that is not in a secure context has no clipboard: the text is then selected and copied from there.
  const selectAndCopy = (block) => {
    getSelection().selectAllChildren(block);
    return document.execCommand('copy');
  };
  for (const block of document.querySelectorAll('pre.command')) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'copy';
    button.textContent = 'Copy';
    button.addEventListener('click', async () => {
      const copied = await navigator.clipboard?.writeText(block.textContent).then(() => true, () => false);
      button.textContent = copied || selectAndCopy(block) ? 'Copied' : 'Selected';
    });
    block.before(button);
  }

  // Not every browser unfolds the target of a link.
  addEventListener('hashchange', () => {
    const target = document.getElementById(location.hash.slice(1));
    target?.closest('details')?.setAttribute('open', '');
  });

  // Unfold everything for printing, for browsers in which the style sheet cannot.
  addEventListener('beforeprint', () => {
    for (const folded of document.querySelectorAll('details:not([open])')) {
      folded.dataset.folded = '';
      folded.open = true;
    }
  });
  addEventListener('afterprint', () => {
    for (const folded of document.querySelectorAll('details[data-folded]')) {
      delete folded.dataset.folded;
      folded.open = false;
    }
  });
})();
