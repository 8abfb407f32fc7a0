// The documents behind the page, to read and to copy.
import { command, element, list, section } from './dom.js'

// Laid out only when it is opened: some are long.
function source(part) {
  const text = element('pre', { tabindex: '0', 'aria-label': `JSON of ${part.command}` })
  return element('details', { ontoggle: () => { text.textContent ||= JSON.stringify(part.document, null, 2) } },
    element('summary', {}, command(part.command), ` ${part.document.schema}`), text)
}

export function sourceSection(report) {
  const missing = report.missing.map((part) => [command(part.command), `: ${part.why}`])
  return section('sources', 'Every figure here comes from these documents',
    report.documents.map(source),
    missing.length > 0 ? [element('h3', {}, 'What could not be had'), list(missing)] : null)
}
