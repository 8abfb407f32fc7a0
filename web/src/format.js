// Numbers as people read them; the same forms as on the terminal. What is not known is a dash.

export const unknown = '–'

const known = (value) => typeof value === 'number' && Number.isFinite(value)

// Two significant places below ten: "0.35", "6.1", "18.1", "112".
export function number(value) {
  if (!known(value)) return unknown
  const size = Math.abs(value)
  return value.toFixed(size >= 100 ? 0 : size >= 1 ? 1 : 2)
}

export const whole = (value) => (known(value) ? Math.round(value).toLocaleString('en-GB') : unknown)

export const seconds = (value) => (known(value) ? `${number(value)} s` : unknown)

// A budget, as it was typed: "10 s".
export const exactSeconds = (value) => `${value} s`

// "6.1–8.9"
export function range(interval) {
  if (!interval) return unknown
  const [low, high] = [number(interval.low), number(interval.high)]
  return low === high ? low : `${low}–${high}`
}

export const secondsRange = (interval) => (interval ? `${range(interval)} s` : unknown)

function scaled(value, units, step) {
  if (!known(value)) return unknown
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(value, 1)) / Math.log10(step))))
  const size = value / step ** power
  return `${size < 10 && power > 0 ? size.toFixed(1) : Math.round(size)} ${units[power]}`
}

export const bytes = (value) => scaled(value, ['B', 'kB', 'MB', 'GB', 'TB'], 1000)

export const bytesPerSecond = (value) => (known(value) ? `${bytes(value)}/s` : unknown)

export const operationsPerSecond = (value) =>
  scaled(value, ['op/s', 'kop/s', 'Mop/s', 'Gop/s', 'Top/s'], 1000)

export const percent = (share) => (known(share) ? `${Math.round(share * 100)} %` : unknown)

export const date = (unixSeconds) =>
  (known(unixSeconds) && unixSeconds > 0 ? new Date(unixSeconds * 1000).toISOString().slice(0, 16).replace('T', ' ') + ' UTC' : unknown)

export const plural = (count, noun) => `${count} ${noun}${count === 1 ? '' : 's'}`

export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1)
