// The page's table of contents: documents in, sections out.
import { accuracySection } from './accuracy.js'
import { sortDocuments } from './documents.js'
import { element, paragraph, section } from './dom.js'
import { capital, exactSeconds, secondsRange, whole } from './format.js'
import { forecastSection } from './forecasts.js'
import { liveSection } from './live.js'
import { machineSection } from './machine.js'
import { memorySection } from './memory.js'
import { promiseSection } from './promises.js'
import { sourceSection } from './sources.js'
import { turnSection } from './turn.js'

const report = JSON.parse(document.getElementById('documents').textContent)
const sorted = sortDocuments(report)
const main = document.querySelector('main')
const live = report.live ? liveSection(report.live) : null

const places = [['now', 'Now'], ['forecasts', 'Models'], ['turn', 'Turn'], ['memory', 'Memory'], ['machine', 'Machine'], ['promises', 'Promises'], ['accuracy', 'Accuracy'], ['sources', 'Sources']]

function headline(question) {
  if (!question) return sorted.machine ? sorted.machine.name : 'Nothing is known here yet'
  const { best, budget } = question
  if (best) return `Run ${best.name}: ${question.turn} takes ${secondsRange(best.turn)} here`
  const within = budget?.turn_seconds ? ` within ${exactSeconds(budget.turn_seconds)}` : ''
  return `No model is known to keep ${question.turn}${within} here`
}

function subtitle(question) {
  const engine = question?.rows.find((row) => row.engine.name)?.engine
  const names = [sorted.machine?.name, engine ? `${engine.name} ${engine.build ?? ''}`.trim() : null, `tokcast ${report.tool_version}`]
  const turn = question ? ` ${capital(question.turn)}: a reply of ${whole(question.workload.reply_tokens)} tokens to a prompt of ${whole(question.workload.prompt_tokens)}.` : ''
  return `${names.filter(Boolean).join(' · ')}.${turn}`
}

// One part that cannot be drawn shall not take the others with it.
function drawn(id, draw) {
  try {
    return draw()
  } catch (problem) {
    console.warn(problem)
    return section(id, 'This part could not be drawn', paragraph(`A document it needs is not what it says: ${problem.message}`))
  }
}

function usePicker(questions, pick) {
  if (questions.length < 2) return null
  const choices = questions.map((question, index) => element('label', {},
    element('input', { type: 'radio', name: 'use', value: String(index), checked: index === 0, onchange: () => pick(question) }),
    element('span', {}, capital(question.name))))
  return element('fieldset', { class: 'uses' }, element('legend', {}, 'What the model is for'), choices)
}

function show(question) {
  document.querySelector('h1').textContent = headline(question)
  document.querySelector('header p').textContent = subtitle(question)
  const turn = question ? drawn('turn', () => turnSection(question)) : null
  const choose = (row) => {
    if (!turn.show) return
    turn.show(row)
    turn.node.scrollIntoView()
    turn.node.querySelector('select').focus({ preventScroll: true })
  }
  main.replaceChildren(...[
    live,
    question ? drawn('forecasts', () => forecastSection(question, choose)) : null,
    turn?.node ?? turn,
    question ? drawn('memory', () => memorySection(question)) : null,
    sorted.machine ? drawn('machine', () => machineSection(sorted.machine, question)) : null,
    sorted.ledger || sorted.promises.length > 0 ? drawn('promises', () => promiseSection(sorted.ledger, sorted.promises)) : null,
    sorted.accuracy ? drawn('accuracy', () => accuracySection(sorted.accuracy)) : null,
    drawn('sources', () => sourceSection(report))
  ].filter(Boolean))
}

document.querySelector('header').append(element('h1'), element('p', { 'aria-live': 'polite' }), usePicker(sorted.questions, show) ?? '')
show(sorted.questions[0] ?? null)
const there = places.filter(([id]) => document.getElementById(id))
document.querySelector('header').append(element('nav', { 'aria-label': 'Parts of the report' }, there.map(([id, name]) => element('a', { href: `#${id}` }, name))))
document.querySelector('footer').append('Made by tokcast from what its commands print as JSON. ', live ? 'It asks nobody but the server that it came from.' : 'This file needs no network and asks none.')
