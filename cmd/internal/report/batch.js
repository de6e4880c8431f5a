'use strict';
(() => {
  const table = document.getElementById('files'), tools = document.getElementById('tools');
  if (!table) return;
  const body = table.tBodies[0], find = document.getElementById('find'), shown = document.getElementById('shown');
  const rows = Array.from(body.rows, (row) => ({
    row, class: row.className.slice(2), text: row.querySelector('th').textContent.toLowerCase(),
    name: row.querySelector('bdi').textContent, score: row.dataset.s === '' ? -1 : Number(row.dataset.s),
    rank: Number(row.dataset.r), length: Number(row.dataset.d),
  }));
  const language = document.documentElement.lang, collator = new Intl.Collator(language, { numeric: true });
  const orders = {
    name: (a, b) => collator.compare(a.name, b.name),
    score: (a, b) => b.rank - a.rank || a.score - b.score,
    rank: (a, b) => a.rank - b.rank || b.score - a.score,
    length: (a, b) => a.length - b.length,
  };
  const number = new Intl.NumberFormat(language), off = new Set(), page = 200;
  const more = document.getElementById('more');
  let matches = rows, limit = page;

  // Only so many rows are in the table as one has scrolled to: thousands would make every change slow.
  function show() {
    body.replaceChildren(...matches.slice(0, limit).map((r) => r.row));
    more.hidden = limit >= matches.length;
    shown.textContent = tools.dataset.shown.replace('%n', number.format(matches.length)).replace('%t', number.format(rows.length));
  }

  function filter() {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    matches = rows.filter((r) => !off.has(r.class) && words.every((w) => r.text.includes(w)));
    limit = page;
    show();
  }

  function sort(head) {
    const way = head.getAttribute('aria-sort') === 'descending' ? 'ascending' : 'descending';
    for (const th of table.tHead.querySelectorAll('[aria-sort]')) th.removeAttribute('aria-sort');
    head.setAttribute('aria-sort', way);
    const order = orders[head.dataset.sort], sign = way === 'ascending' ? 1 : -1;
    rows.sort((a, b) => sign * order(a, b));
    filter();
  }

  function grow(by) {
    if (limit >= matches.length) return;
    body.append(...matches.slice(limit, limit + by).map((r) => r.row));
    limit += by;
    more.hidden = limit >= matches.length;
  }

  new IntersectionObserver((seen) => { if (seen.some((s) => s.isIntersecting)) grow(page); }, { rootMargin: '1000px' }).observe(more);
  more.addEventListener('click', () => grow(page));
  addEventListener('beforeprint', () => grow(rows.length));

  for (const head of table.tHead.querySelectorAll('[data-sort]')) {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...head.childNodes);
    button.addEventListener('click', () => sort(head));
    head.append(button);
  }
  for (const item of document.querySelectorAll('.counts li')) {
    const button = document.createElement('button');
    button.type = 'button';
    button.setAttribute('aria-pressed', 'true');
    button.append(...item.childNodes);
    button.addEventListener('click', () => {
      const on = off.delete(item.dataset.class) || !off.add(item.dataset.class);
      button.setAttribute('aria-pressed', String(on));
      filter();
    });
    item.append(button);
  }
  find.addEventListener('input', filter);
  tools.hidden = false;
  filter();
  table.classList.add('ready');
})();
