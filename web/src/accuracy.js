// How far forecasts were from truths, rung by rung, as the accuracy suite counted when this tokcast was built.
import { dot, plot, ruleX, ruleY, text } from '@observablehq/plot'
import { element, paragraph, plainTable, section } from './dom.js'
import { capital, percent } from './format.js'
import { chart, isNarrow, legend, nameMargin, style } from './plots.js'

const marks = {
  median: { word: 'half of the forecasts were nearer', mark: '●', colour: 'var(--stage-2)' },
  ninetieth: { word: 'nine in ten were nearer', mark: '○', colour: 'var(--stage-2)' }
}

const nameOf = (row) => `${row.evidence}: ${row.part}`

const tenths = (share) => `${(share * 100).toFixed(1)} %`

// Of the strongest evidence there is.
function finding(rows, coverage) {
  const evidence = rows[0].evidence
  const best = rows.filter((row) => row.evidence === evidence)
  const sum = (key) => best.reduce((total, row) => total + row[key], 0)
  const medians = best.map((row) => row.median_error_share)
  const [least, most] = [Math.min(...medians), Math.max(...medians)]
  const off = least === most ? tenths(most) : `${(least * 100).toFixed(1)} to ${tenths(most)}`
  return `${capital(evidence)} forecasts were off by ${off} in the median; ${sum('inside')} of ${sum('forecasts')} truths lay inside (${percent(coverage)} should)`
}

function errors(rows, width) {
  const narrow = isNarrow(width)
  const dy = narrow ? 8 : 0
  const end = Math.max(...rows.map((row) => row.ninetieth_percentile_error_share)) * 105
  const at = { y: nameOf, dy }
  return plot({
    width,
    height: rows.length * (narrow ? 38 : 24) + 52,
    marginLeft: nameMargin(rows.map(nameOf), width, 380),
    marginRight: 12,
    marginTop: 10,
    marginBottom: 38,
    style,
    x: { domain: [0, end], label: 'per cent between forecast and truth', labelAnchor: 'center', labelArrow: 'none', ticks: narrow ? 4 : 8 },
    y: { domain: rows.map(nameOf), axis: narrow ? null : 'left', label: null, tickSize: 0 },
    marks: [
      ruleX([0], { stroke: 'var(--line)' }),
      ruleY(rows, { ...at, x1: (row) => row.median_error_share * 100, x2: (row) => row.ninetieth_percentile_error_share * 100, stroke: 'var(--stage-2)', strokeWidth: 3, strokeOpacity: 0.4 }),
      dot(rows, { ...at, x: (row) => row.median_error_share * 100, r: 4.5, fill: 'var(--stage-2)' }),
      dot(rows, { ...at, x: (row) => row.ninetieth_percentile_error_share * 100, r: 4.5, fill: 'var(--paper)', stroke: 'var(--stage-2)', strokeWidth: 1.5 }),
      narrow ? text(rows, { y: nameOf, text: nameOf, frameAnchor: 'left', textAnchor: 'start', dy: -7, fill: 'var(--ink)' }) : null
    ]
  })
}

export function accuracySection({ rows, coverage }) {
  const drawn = chart(() => `${finding(rows, coverage)}. The table below has the same figures.`, (width) => errors(rows, width))
  const columns = [{ title: 'Evidence' }, { title: 'Measured' }, { title: 'Forecasts', number: true }, { title: 'Median', number: true }, { title: '90th percentile', number: true }, { title: 'Largest', number: true }, { title: 'Inside', number: true }]
  const cells = rows.map((row) => [row.evidence, row.part, String(row.forecasts), tenths(row.median_error_share), tenths(row.ninetieth_percentile_error_share), tenths(row.largest_error_share), `${row.inside} (${percent(row.inside / row.forecasts)})`])
  return section('accuracy', finding(rows, coverage),
    paragraph('Full-size models were run and compared with what had been forecast of them, on the machine of the accuracy suite.'),
    element('figure', {}, legend(Object.values(marks)), drawn.place),
    plainTable('Errors of forecasts', columns, cells))
}
