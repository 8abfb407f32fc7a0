// The documents of a report, sorted by what they tell of. Pure: nothing here touches the page.

// Of verdicts, from good to bad: the word, and the mark that tells it without colour.
export const verdicts = {
  keeps: { word: 'keeps', mark: '●', symbol: 'circle', colour: 'var(--keeps)' },
  'at-risk': { word: 'at risk', mark: '▲', symbol: 'triangle', colour: 'var(--at-risk)' },
  breaks: { word: 'breaks', mark: '✕', symbol: 'times', colour: 'var(--breaks)' },
  'does-not-fit': { word: 'does not fit', mark: '■', symbol: 'square', colour: 'var(--does-not-fit)' },
  unknown: { word: 'not known', mark: '◇', symbol: 'diamond', colour: 'var(--unknown)' }
}

export function sortDocuments(report) {
  const of = (schema) => report.documents.map((part) => part.document).filter((one) => one.schema === schema)
  const asked = [...of('tokcast.forecast/1'), ...of('tokcast.forecasts/1').flatMap((one) => one.forecasts)]
  return {
    machine: of('tokcast.machine/1').at(-1) ?? null,
    questions: [...of('tokcast.recommend/1').map(question), ...(asked.length > 0 ? [questionOf(asked)] : [])],
    ledger: of('tokcast.promises/1').at(-1) ?? null,
    promises: of('tokcast.promise/1'),
    accuracy: of('tokcast.accuracy/1').at(-1) ?? null
  }
}

// A use with its forecasts, best first, as `recommend` ranks them.
function question(document) {
  const ranks = new Map(document.ranking.map((rank) => [`${rank.id} ${rank.quantization}`, rank]))
  const rows = document.forecasts.map((forecast) => rowOf(forecast, ranks))
  const best = rows.find((row) => row.id === document.recommended && row.quantization === document.recommended_quantization)
  return {
    name: document.use.name,
    turn: `a ${document.use.name} turn`,
    rows,
    best: best ?? null,
    first: best ?? rows[0] ?? null,
    workload: document.workload,
    budget: rows[0]?.budget ?? null,
    reasons: document.choice.best?.reasons ?? [],
    wouldTake: document.choice.would_take.map((remedy) => remedy.sentence)
  }
}

// Forecasts of models by name: nobody ranked them.
function questionOf(forecasts) {
  const rows = forecasts.map((forecast) => rowOf(forecast, new Map()))
  return {
    name: 'asked',
    turn: 'the turn asked for',
    rows,
    best: rows.length === 1 && rows[0].verdict === 'keeps' ? rows[0] : null,
    first: rows[0],
    workload: rows[0].workload,
    budget: rows[0].budget,
    reasons: [],
    wouldTake: []
  }
}

function rowOf(forecast, ranks) {
  const name = `${forecast.model.id} ${forecast.model.quantization}`
  const rank = ranks.get(name)
  return {
    name,
    id: forecast.model.id,
    quantization: forecast.model.quantization,
    model: forecast.model,
    verdict: Object.hasOwn(verdicts, forecast.verdict) ? forecast.verdict : 'unknown',
    evidence: forecast.evidence,
    evidenceFrom: forecast.evidence_from,
    turn: forecast.turn_seconds,
    firstToken: forecast.first_token_seconds,
    firstSpoken: forecast.first_spoken_seconds,
    decode: forecast.decode_tokens_per_second,
    prefill: forecast.prefill_tokens_per_second,
    load: forecast.load_seconds,
    cachedLoad: forecast.cached_load_seconds,
    memory: forecast.memory,
    workload: forecast.workload,
    budget: forecast.budget,
    reasons: forecast.reasons,
    engine: forecast.engine,
    machine: forecast.machine,
    quality: rank?.quality?.points ?? null,
    here: rank?.here ?? null
  }
}

// The best quantisation of each model only, in the same order.
export function oneOfEach(rows) {
  const seen = new Set()
  return rows.filter((row) => !seen.has(row.id) && seen.add(row.id))
}

export const countOf = (rows, verdict) => rows.filter((row) => row.verdict === verdict).length
