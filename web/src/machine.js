// The machine: what it is, what of it may be used, what holds it back, and its roofline.
import { oneOfEach } from './documents.js'
import { command, element, paragraph, section } from './dom.js'
import { bytes, bytesPerSecond, date, number, unknown } from './format.js'
import { finding, roofline, roofOf, sitesOf } from './roofline.js'

const join = (...parts) => parts.filter((part) => part !== null && part !== undefined && part !== '').join(', ')

const cache = (machine) => machine.cpu.caches.map((one) => `L${one.level} ${bytes(one.size_bytes)} × ${one.instances}`).join(', ') || unknown

const gpu = (card) => join(card.name, card.memory_total_bytes ? bytes(card.memory_total_bytes) : null, card.integrated ? 'shares main memory' : null)

const modules = (memory) => {
  const kinds = [...new Set(memory.modules.map((one) => join(one.type, one.megatransfers_per_second ? `${one.megatransfers_per_second} MT/s` : null)))]
  return memory.modules.length > 0 ? `${memory.modules.length} modules: ${kinds.join('; ')}` : 'modules not known'
}

function factsOf(machine) {
  const { cpu, memory, limits, disk, platform } = machine
  return [
    ['Processor', join(cpu.name, cpu.microarchitecture)],
    ['Cores', join(`${cpu.cores ?? unknown} cores`, `${cpu.logical_cpus ?? unknown} logical processors`, cpu.sockets > 1 ? `${cpu.sockets} sockets` : null)],
    ['Threads that may be used', `${limits.usable_threads} (${limits.threads_from})`],
    ['Instructions', join(cpu.ggml_variant) || cpu.isa.slice(-4).join(', ')],
    ['Caches', cache(machine)],
    ['Memory', join(bytes(memory.total_bytes), modules(memory))],
    ['Memory that may be used', join(bytes(limits.usable_memory_bytes), limits.memory_from)],
    ['Graphics cards', machine.gpus.length > 0 ? machine.gpus.map(gpu).join('; ') : 'none found'],
    ['Disk of the models', join(disk.kind, disk.filesystem, disk.free_bytes === null ? null : `${bytes(disk.free_bytes)} free`, disk.read_bytes_per_second ? `reads ${bytesPerSecond(disk.read_bytes_per_second)}` : null) || unknown],
    ['System', join(platform.distribution, `Linux ${platform.kernel}`, platform.hypervisor, platform.container)],
    ['Looked at', join(date(machine.unix_time_seconds), machine.rates ? `measured for ${number(machine.rates.wall_seconds)} s` : null)]
  ]
}

function advice(findings) {
  if (findings.length === 0) return paragraph('Nothing was found that holds it back and could be changed.')
  const items = [...findings].sort((a, b) => Number(b.grave) - Number(a.grave)).map((one) =>
    element('li', { class: one.grave ? 'grave' : null }, element('strong', {}, one.grave ? 'Grave: ' : ''), one.what, one.fix ? element('span', { class: 'fix' }, ` ${one.fix}`) : null))
  return [element('h3', {}, 'What holds it back'), element('ul', { class: 'advice' }, items)]
}

export function machineSection(machine, question) {
  const roof = roofOf(machine)
  // Forecasts for a machine elsewhere have no place under this one's roof.
  const here = question ? question.rows.filter((row) => row.machine.profile_id === machine.profile_id) : []
  const rows = oneOfEach(here).slice(0, 24)
  const title = roof ? finding(roof, sitesOf(rows)) : 'How fast this machine is was not measured yet'
  return section('machine', title,
    roof ? roofline(roof, rows, question?.first?.name) : paragraph('Measure it: ', command('tokcast probe')),
    element('h3', {}, machine.name),
    element('dl', { class: 'facts' }, factsOf(machine).map(([term, value]) => element('div', {}, element('dt', {}, term), element('dd', {}, value)))),
    advice(machine.findings ?? []))
}
