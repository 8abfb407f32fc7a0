// Figures of the server that handed the page out, as they are now. The rest of the page stays as it was made.
import { element, list, paragraph, plainTable, section } from './dom.js'
import { date, exactSeconds, number, plural, seconds, secondsRange, unknown, whole } from './format.js'

const period = 2000
const patience = 5000

function finding(status) {
  if (status.phase !== 'ready') return `${status.model.id}: ${status.phase}`
  const waiting = status.queued_turns > 0 ? `, ${status.queued_turns} waiting` : ''
  return `${status.model.id} is ready: ${plural(status.running_turns, 'turn')} running${waiting}`
}

const milliseconds = (value) => (value === null ? unknown : `${number(value * 1000)} ms`)

function figures(status) {
  const judged = status.turns_within_deadline + status.turns_beyond_deadline
  return [
    judged > 0 ? `${whole(status.turns_within_deadline)} of ${plural(judged, 'turn')} ended within their deadline` : 'No turn has ended yet',
    `${plural(status.refused_turns, 'turn')} refused at once`,
    status.forecast_correction_ratio === null ? 'Too few turns to correct forecasts by' : `Recent turns take ${number(status.forecast_correction_ratio)} times their forecast`,
    `${plural(status.connections, 'connection')}, ${whole(status.web_sockets)} of them WebSockets`,
    `The event loop came round ${milliseconds(status.loop_lag_recent_max_seconds)} late at most in the last seconds, ${milliseconds(status.loop_lag_max_seconds)} since ${date(status.started_unix_time_seconds)}`
  ]
}

function table(turns) {
  const columns = [{ title: 'Turn' }, { title: 'By' }, { title: 'Became' }, { title: 'Waited', number: true }, { title: 'Promised', number: true }, { title: 'Took', number: true }, { title: 'First token', number: true }, { title: 'Deadline', number: true }]
  const rows = turns.map((turn) => [String(turn.turn), turn.protocol, turn.outcome, seconds(turn.waited_seconds), secondsRange(turn.forecast_seconds),
    seconds(turn.total_seconds - turn.waited_seconds), seconds(turn.first_token_seconds), exactSeconds(turn.deadline_seconds)])
  return plainTable('The last turns', columns, rows)
}

async function statusOf(path) {
  const answer = await fetch(path, { cache: 'no-store', signal: AbortSignal.timeout(patience) })
  const status = answer.ok ? await answer.json() : null
  if (status?.schema !== 'tokcast.status/1') throw new Error(`the server answers ${answer.status}`)
  return status
}

export function liveSection({ path }) {
  const node = section('now', 'This server')
  const heading = node.querySelector('h2')
  const note = paragraph('Asking …')
  const told = list([])
  const turns = table([])
  const history = element('div', { hidden: true }, element('h3', {}, 'The last turns'),
    paragraph('What was promised and what it took are of the time after the wait.'), turns)
  node.append(note, told, history)

  // Only rows change, so that who reads the table by keyboard keeps the place.
  function show(status) {
    heading.textContent = finding(status)
    note.textContent = `As of ${date(status.unix_time_seconds)}, asked anew every ${period / 1000} seconds.`
    told.replaceChildren(...list(figures(status)).childNodes)
    turns.querySelector('tbody').replaceChildren(...table(status.turns).querySelectorAll('tbody > tr'))
    history.hidden = status.turns.length === 0
  }

  async function refresh() {
    try {
      show(await statusOf(path))
    } catch (problem) {
      heading.textContent = 'This server does not answer'
      note.textContent = `What it said last stays below. (${problem.message})`
    }
    // Nobody looks: nothing is asked.
    if (document.hidden) document.addEventListener('visibilitychange', refresh, { once: true })
    else setTimeout(refresh, period)
  }
  refresh()
  return node
}
