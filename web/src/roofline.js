// The machine as a roof, and where models sit under it.
//
// A work that does so many operations for each byte it reads can be no faster than memory feeds it (the slope) and no
// faster than the cores compute (the flat part). Writing a token reads all the weights for two operations a weight: it sits
// far left. Reading a prompt uses each weight for all its tokens: it sits further right.
import { dot, line, plot, ruleX, ruleY, text, tip, pointer } from '@observablehq/plot'
import { element } from './dom.js'
import { bytesPerSecond, operationsPerSecond, percent } from './format.js'
import { chart, isNarrow, legend, logTicks, style } from './plots.js'

// llama.cpp's default physical batch: more tokens of a prompt than these do not go through the weights together.
const microBatch = 512

const works = {
  decode: { word: 'writing the reply', mark: '●', symbol: 'circle', colour: 'var(--stage-2)' },
  prefill: { word: 'reading the prompt', mark: '▲', symbol: 'triangle', colour: 'var(--stage-1)' }
}

const highest = (entries, value) => entries.reduce((best, entry) => (!best || value(entry) > value(best) ? entry : best), null)

// {bandwidth, peaks: [{type, path, rate}], best first}; null if nothing was measured.
export function roofOf(machine) {
  const rates = machine?.rates
  const memory = highest((rates?.bandwidth ?? []).filter((entry) => entry.numa_node === null), (entry) => entry.bytes_per_second.median)
  const types = [...new Set((rates?.dot ?? []).map((entry) => entry.type))]
  const peaks = types.map((type) => highest(rates.dot.filter((entry) => entry.type === type), (entry) => entry.operations_per_second.median))
    .map((entry) => ({ type: entry.type, path: entry.path, rate: entry.operations_per_second.median }))
    .sort((a, b) => b.rate - a.rate)
  return memory && peaks.length > 0 ? { bandwidth: memory.bytes_per_second.median, threads: memory.threads, peaks } : null
}

// Only of models on the processor, whose roof this is; a mixture's prompt meets more experts than a token does.
export function sitesOf(rows) {
  return rows.filter((row) => row.turn && row.workload.gpu_layers === 0).flatMap((row) => {
    const operations = 2 * row.model.active_parameters
    const intensity = operations / row.model.decode_bytes
    const tokens = Math.min(microBatch, row.workload.prompt_tokens - row.workload.cached_tokens)
    const dense = row.model.active_parameters === row.model.parameters
    return [
      row.decode ? { name: row.name, work: 'decode', x: intensity, y: row.decode.expected * operations } : null,
      row.prefill && dense && tokens > 0 ? { name: row.name, work: 'prefill', x: intensity * tokens, y: row.prefill.expected * operations } : null
    ]
  }).filter(Boolean)
}

export function finding(roof, sites) {
  const decodes = sites.filter((site) => site.work === 'decode')
  const slope = `Memory feeds ${bytesPerSecond(roof.bandwidth)}`
  if (decodes.length === 0) return `${slope} to ${operationsPerSecond(roof.peaks[0].rate)} of ${roof.peaks[0].type}`
  const held = decodes.filter((site) => site.x < roof.peaks[0].rate / roof.bandwidth).length
  if (held === decodes.length) return `Memory, not arithmetic, limits how fast replies are written: ${bytesPerSecond(roof.bandwidth)}`
  return `Arithmetic limits how fast ${decodes.length - held} of ${decodes.length} models write replies`
}

function picture(roof, sites, labelled, width) {
  const peak = roof.peaks[0].rate
  const xs = sites.map((site) => site.x)
  const domain = [Math.min(1, ...xs) / 1.5, Math.max(peak / roof.bandwidth * 8, ...xs) * 1.5]
  const ys = [...sites.map((site) => site.y), domain[0] * roof.bandwidth, peak]
  const range = [Math.min(...ys) / 1.6, Math.max(...ys) * 2]
  const roofs = roof.peaks.map((entry) => ({ ...entry, ridge: entry.rate / roof.bandwidth }))
  const narrow = isNarrow(width)
  return plot({
    width,
    height: narrow ? 320 : 420,
    marginLeft: 72,
    marginRight: 14,
    marginBottom: 40,
    style,
    x: { type: 'log', domain, ticks: logTicks(domain, [1]), tickFormat: String, label: 'operations for each byte read', labelAnchor: 'center', labelArrow: 'none' },
    y: { type: 'log', domain: range, ticks: logTicks(range, [1]), tickFormat: operationsPerSecond, label: null },
    symbol: { domain: Object.values(works).map((work) => work.symbol), range: Object.values(works).map((work) => work.symbol) },
    marks: [
      ruleX(logTicks(domain, [1]), { stroke: 'var(--line)' }),
      ruleY(logTicks(range, [1]), { stroke: 'var(--line)' }),
      line([{ x: domain[0], y: domain[0] * roof.bandwidth }, { x: roofs[0].ridge, y: peak }], { x: 'x', y: 'y', stroke: 'var(--ink)', strokeWidth: 2 }),
      roofs.map((entry, index) => ruleY([entry], { y: 'rate', x1: 'ridge', x2: domain[1], stroke: 'var(--ink)', strokeWidth: index === 0 ? 2 : 1, strokeDasharray: index === 0 ? null : '2 3' })),
      text(roofs, { y: 'rate', x: domain[1], text: (entry) => `${entry.type} ${operationsPerSecond(entry.rate)}`, textAnchor: 'end', dy: -8, dx: -2, fill: 'var(--ink)' }),
      text([Math.sqrt(domain[0] * roofs[0].ridge)], { x: (at) => at, y: (at) => at * roof.bandwidth, text: () => `memory ${bytesPerSecond(roof.bandwidth)}`, textAnchor: 'end', dx: -10, dy: -8, fill: 'var(--ink)', stroke: 'var(--paper)', strokeWidth: 3 }),
      dot(sites, { x: 'x', y: 'y', symbol: (site) => works[site.work].symbol, fill: (site) => works[site.work].colour, r: 4, fillOpacity: 0.85 }),
      text(sites.filter((site) => site.name === labelled && site.work === 'decode'), { x: 'x', y: 'y', text: 'name', textAnchor: 'start', dx: 9, fill: 'var(--ink)', stroke: 'var(--paper)', strokeWidth: 3 }),
      tip(sites, pointer({ x: 'x', y: 'y', title: (site) => `${site.name}\n${works[site.work].word}: ${operationsPerSecond(site.y)}\n${percent(site.y / Math.min(peak, site.x * roof.bandwidth))} of the roof above it` }))
    ]
  })
}

export function roofline(roof, rows, labelled) {
  const sites = sitesOf(rows)
  const drawn = chart(() => `${finding(roof, sites)}. Roofline of this machine with ${sites.length} places of models.`,
    (width) => picture(roof, sites, labelled, width))
  return element('figure', {}, legend(Object.values(works)), drawn.place,
    element('figcaption', {}, 'A work that does so many operations for each byte it reads is no faster than the line above it. Marks are forecasts of the engine; lines are what this machine did for kernels that do nothing else.'))
}
