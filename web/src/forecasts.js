// What to expect of each model: intervals against the budget, and the same figures as a table that can be sorted.
import { dot, plot, ruleX, ruleY, text, tip, pointerY } from '@observablehq/plot'
import { countOf, oneOfEach, verdicts } from './documents.js'
import { element, list, paragraph, scrolling, section } from './dom.js'
import { bytes, capital, exactSeconds, number, plural, range, secondsRange, unknown, whole } from './format.js'
import { chart, isNarrow, legend, logTicks, nameMargin, style } from './plots.js'

const shortList = 16

const columns = [
  { title: 'Model', key: 'name', value: (row) => row.name, show: (row) => row.name },
  { title: 'Verdict', key: 'verdict', value: (row) => Object.keys(verdicts).indexOf(row.verdict), show: verdictOf },
  { title: 'Turn, s', key: 'turn', number: true, value: (row) => row.turn?.expected, show: (row) => range(row.turn) },
  { title: 'First token, s', key: 'first', number: true, value: (row) => row.firstToken?.expected, show: (row) => range(row.firstToken) },
  { title: 'Tokens/s', key: 'decode', number: true, value: (row) => row.decode?.expected, show: (row) => range(row.decode) },
  { title: 'Memory', key: 'memory', number: true, value: (row) => row.memory.total_bytes, show: (row) => bytes(row.memory.total_bytes) },
  { title: 'Quality', key: 'quality', number: true, value: (row) => row.quality, show: (row) => whole(row.quality) },
  { title: 'Evidence', key: 'evidence', value: (row) => row.evidence, show: (row) => row.evidence ?? unknown }
]

function verdictOf(row) {
  const { mark, word, colour } = verdicts[row.verdict]
  return [element('span', { class: 'mark', 'aria-hidden': 'true', style: `color: ${colour}` }, mark), word]
}

function finding(question, models) {
  const kept = countOf(models, 'keeps')
  const budget = question.budget?.turn_seconds
  const within = budget ? `${question.turn} within ${exactSeconds(budget)}` : question.turn
  if (kept === 0) return `None of ${plural(models.length, 'model')} surely keeps ${within}`
  const share = kept === models.length && kept > 1 ? `All ${kept} models` : `${kept} of ${plural(models.length, 'model')}`
  return `${share} ${kept === 1 ? 'keeps' : 'keep'} ${within}`
}

// Unknown values come last, whichever way it is sorted.
function sorted(rows, { column, ascending }) {
  if (!column) return rows
  const order = (a, b) => (a < b ? -1 : a > b ? 1 : 0) * (ascending ? 1 : -1)
  return [...rows].sort((a, b) => {
    const [x, y] = [column.value(a) ?? null, column.value(b) ?? null]
    return x === null || y === null ? (x === null) - (y === null) : order(x, y)
  })
}

// Low to high as a bar, what is expected as a mark; the budget as a line.
function intervals(rows, question, width) {
  const timed = rows.filter((row) => row.turn)
  const budget = question.budget?.turn_seconds ?? null
  const ends = [...timed.flatMap((row) => [row.turn.low, row.turn.high]), ...(budget ? [budget] : [])].filter((end) => end > 0)
  const domain = [Math.min(...ends) * 0.85, Math.max(...ends) * 1.15]
  const narrow = isNarrow(width)
  const names = timed.map((row) => row.name)
  const colour = (row) => verdicts[row.verdict].colour
  return plot({
    width,
    height: timed.length * (narrow ? 38 : 24) + 64,
    marginLeft: nameMargin(names, width),
    marginRight: 12,
    marginTop: 26,
    marginBottom: 38,
    style,
    x: { type: 'log', domain, ticks: logTicks(domain, narrow ? [1, 5] : [1, 2, 5]), tickFormat: String, label: 'seconds for the whole turn', labelAnchor: 'center', labelArrow: 'none' },
    y: { domain: names, axis: narrow ? null : 'left', label: null, tickSize: 0 },
    symbol: { domain: Object.values(verdicts).map((one) => one.symbol), range: Object.values(verdicts).map((one) => one.symbol) },
    marks: [
      ruleX(logTicks(domain), { stroke: 'var(--line)' }),
      budget ? [
        ruleX([budget], { stroke: 'var(--ink)', strokeWidth: 1.5, strokeDasharray: '5 3' }),
        text([budget], { x: (value) => value, text: () => `budget ${exactSeconds(budget)}`, frameAnchor: 'top', textAnchor: Math.log(domain[1] / budget) < 0.25 * Math.log(domain[1] / domain[0]) ? 'end' : 'middle', dy: -16, fill: 'var(--ink)', fontWeight: 600 })
      ] : null,
      ruleY(timed, { y: 'name', x1: (row) => row.turn.low, x2: (row) => row.turn.high, stroke: colour, strokeWidth: 7, strokeOpacity: 0.35, dy: narrow ? 8 : 0 }),
      dot(timed, { y: 'name', x: (row) => row.turn.expected, symbol: (row) => verdicts[row.verdict].symbol, fill: colour, stroke: colour, r: 4.5, dy: narrow ? 8 : 0 }),
      narrow ? text(timed, { y: 'name', text: 'name', frameAnchor: 'left', textAnchor: 'start', dy: -7, fill: 'var(--ink)', stroke: 'var(--paper)', strokeWidth: 3 }) : null,
      tip(timed, pointerY({ y: 'name', x: (row) => row.turn.expected, title: (row) => [row.name, `turn ${secondsRange(row.turn)}, expected ${number(row.turn.expected)}`, `first token ${secondsRange(row.firstToken)}`, verdicts[row.verdict].word].join('\n') }))
    ]
  })
}

// `choose(row)`: the reader wants to see that model's turn.
export function forecastSection(question, choose) {
  const models = oneOfEach(question.rows)
  const view = { all: false, every: false, column: null, ascending: true }
  const candidates = () => (view.every ? question.rows : models)
  const shown = () => {
    const rows = sorted(candidates(), view)
    return view.all ? rows : rows.slice(0, shortList)
  }

  const picture = chart(
    () => `${finding(question, models)}. The table below has the same figures.`,
    (width) => intervals(shown(), question, width))
  const body = element('tbody')
  const heads = columns.map((column) => element('th', { scope: 'col', class: column.number ? 'number' : null },
    element('button', { type: 'button', onclick: () => sortBy(column) }, column.title)))
  const more = element('button', { type: 'button', class: 'more', onclick: () => change({ all: !view.all }) })
  const every = element('input', { type: 'checkbox', onchange: () => change({ every: every.checked }) })

  function change(part) {
    Object.assign(view, part)
    heads.forEach((head, index) => {
      if (columns[index] === view.column) head.setAttribute('aria-sort', view.ascending ? 'ascending' : 'descending')
      else head.removeAttribute('aria-sort')
    })
    body.replaceChildren(...shown().map((row) => tableRow(row, choose)))
    const count = candidates().length
    more.hidden = count <= shortList
    more.textContent = view.all ? `Show the first ${shortList}` : `Show all ${count}`
    picture.redraw()
  }
  const sortBy = (column) => change({ column, ascending: view.column === column ? !view.ascending : true })

  change({})
  const repeats = question.rows.length > models.length
  const table = element('table', { class: 'forecasts' }, element('thead', {}, element('tr', {}, heads)), body)
  return section('forecasts', finding(question, models),
    paragraph('A bar spans low to high: nine turns in ten shall fall inside. The mark is what is expected.'),
    element('figure', {}, legend(Object.values(verdicts).filter((one) => models.some((row) => verdicts[row.verdict] === one))), picture.place),
    repeats ? element('label', { class: 'option' }, every, ' every quantisation, not only the best of each model') : null,
    scrolling('Forecasts of all models', table), more,
    question.wouldTake.length > 0 ? element('details', {}, element('summary', {}, 'What a better model would take'), list(question.wouldTake.map(capital))) : null)
}

function tableRow(row, choose) {
  const cells = columns.slice(1).map((column) => element('td', { class: column.number ? 'number' : null }, column.show(row)))
  const name = element('button', { type: 'button', class: 'link', title: 'Show the turn of this model', onclick: () => choose(row) }, row.name)
  return element('tr', {}, element('th', { scope: 'row' }, name, row.here ? element('span', { class: 'here' }, ' here') : null), cells)
}
