// What each model takes of memory, stacked against what may be used.
import { barX, plot, ruleX, text } from '@observablehq/plot'
import { oneOfEach } from './documents.js'
import { element, plainTable, section } from './dom.js'
import { bytes, unknown } from './format.js'
import { chart, isNarrow, legend, nameMargin, style } from './plots.js'

const parts = [
  { key: 'weights_bytes', word: 'weights', mark: '■', colour: 'var(--part-1)' },
  { key: 'kv_bytes', word: 'keys and values of the context', mark: '■', colour: 'var(--part-2)' },
  { key: 'compute_bytes', word: 'buffers', mark: '■', colour: 'var(--part-3)' }
]

const most = 14

function finding(rows) {
  const judged = rows.filter((row) => row.memory.fits !== null)
  const fits = judged.filter((row) => row.memory.fits)
  const limit = rows.find((row) => row.memory.limit_bytes !== null)?.memory
  if (!limit) return 'How much memory may be used is not known'
  const place = `the ${bytes(limit.limit_bytes)} that may be used`
  if (fits.length === judged.length) return `All ${judged.length} models fit into ${place}`
  return `${fits.length} of ${judged.length} models fit into ${place}`
}

function stacks(rows, share, width) {
  const limit = rows.map((row) => share(row).limit_bytes).find((value) => value !== null) ?? null
  const pieces = rows.flatMap((row) => parts.map((part) => ({ name: row.name, part, size: share(row)[part.key] / 1e9 })))
  const totals = rows.map((row) => ({ name: row.name, size: share(row).total_bytes / 1e9, total: bytes(share(row).total_bytes) }))
  const end = Math.max(...totals.map((total) => total.size), (limit ?? 0) / 1e9) * 1.12
  const narrow = isNarrow(width)
  const dy = narrow ? 8 : 0
  return plot({
    width,
    height: rows.length * (narrow ? 38 : 24) + 64,
    marginLeft: nameMargin(rows.map((row) => row.name), width),
    marginRight: 12,
    marginTop: 26,
    marginBottom: 38,
    style,
    x: { domain: [0, end], label: 'GB of memory', labelAnchor: 'center', labelArrow: 'none', ticks: narrow ? 4 : 8 },
    y: { domain: rows.map((row) => row.name), axis: narrow ? null : 'left', label: null, tickSize: 0, padding: narrow ? 0.6 : 0.3 },
    marks: [
      barX(pieces, { y: 'name', x: 'size', fill: (piece) => piece.part.colour, order: null, insetRight: 0.5, dy }),
      text(totals, { y: 'name', x: 'size', text: 'total', textAnchor: 'start', dx: 5, dy, fill: 'var(--ink)', stroke: 'var(--paper)', strokeWidth: 3 }),
      limit === null ? null : [
        ruleX([limit / 1e9], { stroke: 'var(--ink)', strokeWidth: 1.5, strokeDasharray: '5 3' }),
        text([limit / 1e9], { x: (value) => value, text: () => `limit ${bytes(limit)}`, frameAnchor: 'top', dy: -16, fontWeight: 600, fill: 'var(--ink)', textAnchor: limit / 1e9 > end * 0.8 ? 'end' : 'middle' })
      ],
      narrow ? text(rows, { y: 'name', text: 'name', frameAnchor: 'left', textAnchor: 'start', dy: -8, fill: 'var(--ink)' }) : null
    ]
  })
}

function figure(title, rows, share) {
  const picture = chart(() => `${title}. The table below has the same figures.`, (width) => stacks(rows, share, width))
  return element('figure', {}, legend(parts), picture.place)
}

export function memorySection(question) {
  const rows = oneOfEach(question.rows)
  const first = rows.slice(0, most)
  const onCards = first.filter((row) => row.memory.gpu_memory)
  const from = rows.find((row) => row.memory.limit_from)?.memory.limit_from
  const columns = [{ title: 'Model' }, ...parts.map((part) => ({ title: part.word, number: true })), { title: 'Together', number: true }, { title: 'Fits' }]
  const cells = rows.map((row) => [row.name, ...parts.map((part) => bytes(row.memory[part.key])), bytes(row.memory.total_bytes),
    row.memory.fits === null ? unknown : row.memory.fits ? 'yes' : 'no'])
  return section('memory', finding(rows),
    from ? element('p', {}, `The limit comes from: ${from}. Shown are the first ${Math.min(most, rows.length)} models; the table has all.`) : null,
    figure('Main memory that models take', first, (row) => row.memory.main_memory),
    onCards.length > 0 ? figure('Memory of graphics cards that models take', onCards, (row) => row.memory.gpu_memory) : null,
    element('details', {}, element('summary', {}, `All ${rows.length} models as a table`), plainTable('Memory of all models', columns, cells)))
}
