// What all charts share: they are as wide as their place, named for those who cannot see them, and coloured by the page.
import { element } from './dom.js'

// `draw(width)` gives an SVG; it is called again whenever the place gets another width, and by redraw().
export function chart(label, draw) {
  const place = element('div', { class: 'chart' })
  let width = 0
  const redraw = () => {
    if (width === 0) return
    const picture = draw(width)
    // The picture has one name; those that Plot gives to its groups name nothing where there is no role.
    picture.querySelectorAll('[aria-label]').forEach((group) => group.removeAttribute('aria-label'))
    picture.setAttribute('role', 'img')
    picture.setAttribute('aria-label', label())
    place.replaceChildren(picture)
  }
  new ResizeObserver(([entry]) => {
    const now = Math.floor(entry.contentRect.width)
    if (now === width || now === 0) return
    width = now
    redraw()
  }).observe(place)
  return { place, redraw }
}

export const style = { fontSize: '12px', fontFamily: 'inherit', background: 'none', color: 'inherit', overflow: 'visible' }

// Room for names left of the bars; where the page is narrow names stand above them.
export const isNarrow = (width) => width < 560
export function nameMargin(names, width, most = 270) {
  if (isNarrow(width)) return 4
  return Math.min(most, 12 + 6.7 * Math.max(...names.map((name) => name.length)))
}

const steps = [1, 2, 5]
// 1, 2, 5, 10 ... within the domain.
export function logTicks([low, high], wanted = steps) {
  const out = []
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); ++power) {
    for (const step of wanted) {
      const tick = Number((step * 10 ** power).toPrecision(1))
      if (tick >= low && tick <= high) out.push(tick)
    }
  }
  return out
}

// "●  keeps" for each entry of {mark, word, colour}.
export function legend(entries) {
  return element('ul', { class: 'legend' }, entries.map((entry) =>
    element('li', {}, element('span', { 'aria-hidden': 'true', style: `color: ${entry.colour}` }, entry.mark), ` ${entry.word}`)))
}
