// What was promised, and what came of it over time.
import { areaY, dot, line, plot, ruleY, text } from '@observablehq/plot'
import { command, element, paragraph, plainTable, section } from './dom.js'
import { date, exactSeconds, percent, plural, seconds, secondsRange, unknown, whole } from './format.js'
import { chart, legend, style } from './plots.js'

const fates = {
  inside: { word: 'inside its interval', mark: '●', symbol: 'circle', colour: 'var(--keeps)' },
  faster: { word: 'faster', mark: '▲', symbol: 'triangle', colour: 'var(--stage-3)' },
  slower: { word: 'slower', mark: '✕', symbol: 'times', colour: 'var(--breaks)' }
}

function finding(ledger) {
  const { compared, inside, promised } = ledger.coverage
  const broken = ledger.promises.filter((one) => one.outcome.standing === 'broken').length
  if (ledger.promises.length === 0) return 'Nothing was promised yet'
  if (compared === 0) return `${plural(ledger.promises.length, 'promise')}, none tested yet`
  const share = `${inside} of ${plural(compared, 'turn')} fell inside what was promised (${percent(promised)} should)`
  return broken > 0 ? `${plural(broken, 'promise')} of ${ledger.promises.length} broken; ${share}` : `No promise is broken; ${share}`
}

// Turns against the interval forecast for that very turn, where it was kept, else against the promise's.
function turnsOf(document) {
  return document.actuals.filter((actual) => actual.turn_seconds !== null).map((actual) => {
    const expected = actual.forecast?.turn_seconds ?? document.promise.promised.turn_seconds
    const y = actual.turn_seconds
    const fate = !expected ? 'inside' : y < expected.low ? 'faster' : y > expected.high ? 'slower' : 'inside'
    return { at: new Date(actual.unix_time_seconds * 1000), y, low: expected?.low, high: expected?.high, fate }
  })
}

function history(document, turns, width) {
  const promised = document.promise.promised.turn_seconds
  const budget = document.promise.budget.turn_seconds
  const top = Math.max(...turns.flatMap((turn) => [turn.y, turn.high ?? 0]), promised?.high ?? 0, budget ?? 0) * 1.15
  const since = new Date(Math.min(document.promise.unix_time_seconds * 1000, ...turns.map((turn) => turn.at)))
  const last = Math.max(...turns.map((turn) => turn.at.getTime()))
  const until = new Date(last + Math.max(60_000, (last - since) * 0.05))
  return plot({
    width,
    height: 210,
    marginLeft: 40,
    marginRight: 10,
    marginTop: 22,
    style,
    x: { type: 'utc', domain: [since, until], label: null, ticks: 3, tickFormat: '%H:%M\n%-d %b' },
    y: { domain: [0, top], label: 'seconds a turn', ticks: 4, labelArrow: 'none' },
    symbol: { domain: Object.values(fates).map((fate) => fate.symbol), range: Object.values(fates).map((fate) => fate.symbol) },
    marks: [
      promised ? areaY([since, until], { x: (at) => at, y1: promised.low, y2: promised.high, fill: 'var(--keeps)', fillOpacity: 0.16 }) : null,
      promised ? line([since, until], { x: (at) => at, y: promised.expected, stroke: 'var(--keeps)', strokeOpacity: 0.6 }) : null,
      budget ? [ruleY([budget], { stroke: 'var(--ink)', strokeDasharray: '5 3' }), text([until], { x: (at) => at, y: budget, text: () => `budget ${exactSeconds(budget)}`, dy: -7, textAnchor: 'end', fill: 'var(--ink)' })] : null,
      dot(turns, { x: 'at', y: 'y', symbol: (turn) => fates[turn.fate].symbol, fill: (turn) => fates[turn.fate].colour, stroke: (turn) => fates[turn.fate].colour, r: 4 })
    ]
  })
}

function card(document) {
  const turns = turnsOf(document)
  const { promise, outcome } = document
  const name = `${promise.model.id} ${promise.model.quantization}`
  const label = `Turns of ${name}: ${outcome.inside} of ${outcome.compared} inside ${secondsRange(promise.promised.turn_seconds)}`
  const drawn = chart(() => label, (width) => history(document, turns, width))
  return element('figure', { class: 'card' }, element('figcaption', {}, element('strong', {}, name), element('br'), `promised ${secondsRange(promise.promised.turn_seconds)}; ${outcome.standing}`), drawn.place)
}

function table(ledger) {
  const columns = [{ title: 'Model' }, { title: 'Since' }, { title: 'Promised turn', number: true }, { title: 'Median', number: true }, { title: 'Inside', number: true }, { title: 'Stands' }]
  const rows = ledger.promises.map(({ promise, outcome }) => [`${promise.model.id} ${promise.model.quantization}`, date(promise.unix_time_seconds), secondsRange(promise.promised.turn_seconds),
    seconds(outcome.median_turn_seconds), outcome.compared > 0 ? `${outcome.inside} of ${outcome.compared}` : unknown, outcome.reason ? `${outcome.standing}: ${outcome.reason}` : outcome.standing])
  return plainTable('All promises', columns, rows)
}

const kinds = { turn: 'turn', 'spoken-turn': 'spoken turn', transcription: 'recording', speech: 'text to speak' }

// Where the server's turns spent their time: whatever was promised of them.
function stageTable(ledger) {
  const stages = ledger?.stages ?? []
  if (stages.length === 0) return null
  const columns = [{ title: 'Served' }, { title: 'By' }, { title: 'Done', number: true }, { title: 'Heard', number: true }, { title: 'Queue', number: true }, { title: 'First token', number: true }, { title: 'Reply', number: true }, { title: 'Spoken', number: true }, { title: 'First sound', number: true }, { title: 'All', number: true }]
  const rows = stages.map((one) => [kinds[one.kind] ?? one.kind, one.by, whole(one.done),
    ...['recognition', 'queue', 'first_token', 'reply', 'synthesis', 'first_audio', 'total'].map((stage) => seconds(one[`${stage}_seconds`]))])
  return [element('h3', {}, 'Where served turns spent their time'), paragraph('Medians. The first sound of a spoken turn counts from the end of speech.'), plainTable('Stages of what was served', columns, rows)]
}

export function promiseSection(ledger, documents) {
  const told = documents.filter((one) => turnsOf(one).length > 0)
  const counted = ledger ?? { promises: documents, coverage: coverageOf(documents) }
  const title = finding(counted)
  if (counted.promises.length === 0) return section('promises', title, paragraph('A promise is a forecast that was accepted: ', command('tokcast bench FILE'), ' or ', command('tokcast promises accept MODEL'), '.'), stageTable(ledger))
  return section('promises', title,
    told.length > 0 ? [paragraph('The band is what was promised; each mark is a turn.'), legend(Object.values(fates)), element('div', { class: 'cards' }, told.map(card))] : null,
    table(counted),
    stageTable(ledger))
}

// Where single promises were given without the list of all.
function coverageOf(documents) {
  const sum = (key) => documents.reduce((total, one) => total + one.outcome[key], 0)
  return { promised: documents[0]?.promise.coverage ?? 0.9, compared: sum('compared'), inside: sum('inside') }
}
