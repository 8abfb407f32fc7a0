// Elements of the page. What a document says is only ever set as text: it cannot become markup.

// element('td', {class: 'number', onclick: f}, 'text', node, null): attributes that are null or false are left out.
export function element(name, attributes = {}, ...children) {
  const node = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value)
    else node.setAttribute(key, value === true ? '' : value)
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined))
  return node
}

// A part of the page whose heading says what was found.
export function section(id, finding, ...children) {
  const heading = element('h2', { id: `${id}-finding` }, finding)
  return element('section', { id, 'aria-labelledby': heading.id }, heading, ...children)
}

export const paragraph = (...children) => element('p', {}, ...children)

export const list = (items) => element('ul', {}, items.map((item) => element('li', {}, item)))

export const command = (text) => element('code', {}, text)

// A table too wide for its place scrolls inside of it, by keyboard too.
export function scrolling(label, table) {
  return element('div', { class: 'scrolling', role: 'region', 'aria-label': label, tabindex: '0' }, table)
}

export function plainTable(label, columns, rows) {
  const cell = (value, index) =>
    element(index === 0 ? 'th' : 'td', { scope: index === 0 ? 'row' : null, class: columns[index].number ? 'number' : null }, value)
  const head = columns.map((column) => element('th', { scope: 'col', class: column.number ? 'number' : null }, column.title))
  const table = element('table', {},
    element('thead', {}, element('tr', {}, head)),
    element('tbody', {}, rows.map((row) => element('tr', {}, row.map(cell)))))
  return scrolling(label, table)
}
