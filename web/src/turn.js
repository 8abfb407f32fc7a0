// One turn of one model as a timeline: reading the prompt, writing the reply, and where the budget ends.
import { barX, dot, plot, ruleX, ruleY, text } from '@observablehq/plot'
import { verdicts } from './documents.js'
import { element, list, paragraph, section } from './dom.js'
import { capital, exactSeconds, seconds, secondsRange, unknown, whole } from './format.js'
import { chart, isNarrow, style } from './plots.js'

function finding(row) {
  if (!row.turn) return `How long a turn of ${row.name} takes is not known yet`
  return `${row.name} begins after ${secondsRange(row.firstToken)} and has answered after ${secondsRange(row.turn)}`
}

// Stages follow each other at their expected times; each end's interval is drawn beside it.
function stagesOf(row) {
  const first = row.firstToken.expected
  const stages = [
    { name: 'reads the prompt', from: 0, to: first, end: row.firstToken, colour: 'var(--stage-1)' },
    { name: 'writes the reply', from: first, to: row.turn.expected, end: row.turn, colour: 'var(--stage-2)' }
  ]
  if (row.firstSpoken) stages.splice(1, 0, { name: 'first words spoken', from: null, to: row.firstSpoken.expected, end: row.firstSpoken, colour: 'var(--stage-3)' })
  return stages
}

function budgetsOf(row) {
  const budgets = []
  if (row.budget?.turn_seconds) budgets.push({ at: row.budget.turn_seconds, name: `budget ${exactSeconds(row.budget.turn_seconds)}` })
  if (row.budget?.first_token_seconds) budgets.push({ at: row.budget.first_token_seconds, name: `first token ${exactSeconds(row.budget.first_token_seconds)}` })
  return budgets
}

function timeline(row, width) {
  const stages = stagesOf(row)
  const budgets = budgetsOf(row)
  const end = Math.max(...stages.map((stage) => stage.end.high), ...budgets.map((budget) => budget.at)) * 1.06
  const narrow = isNarrow(width)
  const dy = narrow ? 12 : 0
  return plot({
    width,
    height: stages.length * (narrow ? 60 : 38) + 64,
    marginLeft: narrow ? 4 : 140,
    marginRight: 14,
    marginTop: 26,
    marginBottom: 38,
    style,
    x: { domain: [0, end], label: 'seconds since the prompt arrived', labelAnchor: 'center', labelArrow: 'none', ticks: narrow ? 4 : 8 },
    y: { domain: stages.map((stage) => stage.name), axis: narrow ? null : 'left', label: null, tickSize: 0, padding: narrow ? 0.6 : 0.3 },
    marks: [
      ruleX([0], { stroke: 'var(--line)' }),
      budgets.map((budget, index) => [
        ruleX([budget.at], { stroke: 'var(--ink)', strokeWidth: 1.5, strokeDasharray: '5 3' }),
        text([budget], { x: 'at', text: 'name', frameAnchor: 'top', dy: -16, fontWeight: 600, fill: 'var(--ink)', textAnchor: budget.at > end * 0.8 ? 'end' : 'middle' })
      ]),
      barX(stages.filter((stage) => stage.from !== null), { y: 'name', x1: 'from', x2: 'to', fill: 'colour', dy }),
      ruleY(stages, { y: 'name', x1: (stage) => stage.end.low, x2: (stage) => stage.end.high, stroke: 'var(--ink)', strokeWidth: 2, dy }),
      dot(stages.flatMap((stage) => [{ ...stage, at: stage.end.low }, { ...stage, at: stage.end.high }]), { y: 'name', x: 'at', r: 3, fill: 'var(--paper)', stroke: 'var(--ink)', strokeWidth: 1.5, dy }),
      dot(stages, { y: 'name', x: 'to', r: 3.5, fill: 'var(--ink)', dy }),
      narrow ? text(stages, { y: 'name', text: 'name', frameAnchor: 'left', textAnchor: 'start', dy: -12, fill: 'var(--ink)' }) : null
    ]
  })
}

function figures(row) {
  const workload = row.workload
  const pairs = [
    ['Verdict', verdicts[row.verdict].word],
    ['First token', secondsRange(row.firstToken)],
    row.firstSpoken ? ['First words spoken', secondsRange(row.firstSpoken)] : null,
    ['Whole turn', secondsRange(row.turn)],
    ['Expected', row.turn ? seconds(row.turn.expected) : unknown],
    ['Prompt', `${whole(workload.prompt_tokens)} tokens, ${whole(workload.cached_tokens)} of them cached`],
    ['Reply', `${whole(workload.reply_tokens)} tokens`],
    ['In the context before', `${whole(workload.depth_tokens)} tokens`],
    ['Loading, before the first turn', row.load ? secondsRange(row.load) : secondsRange(row.cachedLoad)],
    ['Evidence', row.evidenceFrom ?? row.evidence ?? unknown]
  ]
  return element('dl', { class: 'facts' }, pairs.filter(Boolean).map(([term, value]) =>
    element('div', {}, element('dt', {}, term), element('dd', {}, value))))
}

export function turnSection(question) {
  const heading = () => shown.querySelector('h2')
  let row = question.first
  const picture = chart(() => `${finding(row)}. The list below has the same figures.`, (width) => timeline(row, width))
  const select = element('select', { onchange: () => show(question.rows[Number(select.value)]) },
    question.rows.map((one, index) => element('option', { value: String(index) }, one.name)))
  const facts = element('div')
  const shown = section('turn', finding(row), element('label', { class: 'option' }, 'Model ', select),
    element('figure', {}, picture.place), facts)

  function show(next) {
    row = next
    select.value = String(question.rows.indexOf(row))
    heading().textContent = finding(row)
    picture.place.hidden = !row.turn
    if (row.turn) picture.redraw()
    const reasons = row.reasons.length > 0 ? [paragraph('Why:'), list(row.reasons.map(capital))] : []
    facts.replaceChildren(figures(row), ...reasons)
  }
  show(row)
  return { node: shown, show }
}
