import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import { desktop, everything, openBrowser, openPage, phone, reportOf, servedReportOf } from './browser.mjs'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const pages = []
let browser

before(async () => { browser = await openBrowser() })
after(async () => {
  await browser?.close()
  pages.forEach((page) => page.remove())
})

async function opened(files, options) {
  const report = reportOf(...files)
  pages.push(report)
  return openPage(browser, report.url, options)
}

const texts = (page, selector) => page.$$eval(selector, (nodes) => nodes.map((node) => node.textContent))
const columnOf = (page, number) => texts(page, `#forecasts tbody tr > :nth-child(${number})`)
const sample = (name) => JSON.parse(readFileSync(new URL(`samples/${name}`, import.meta.url)))

test('every part has a title that says what was found', async () => {
  const { page, said } = await opened(everything)
  const voice = sample('voice.json')
  assert.match(await page.$eval('h1', (node) => node.textContent), new RegExp(`^Run ${voice.recommended} .*takes \\d.*–.* s here$`))
  const titles = await texts(page, 'h2')
  assert.equal(titles.length, 7)
  assert.match(titles[0], /^\d+ of \d+ models keeps? a voice turn within 25 s$/)
  assert.match(titles[2], /fit into the .*B that may be used$/)
  assert.match(titles[4], /turns? fell inside what was promised \(90 % should\)$/)
  assert.deepEqual(said, [])
})

test('the table shows what the documents say', async () => {
  const { page } = await opened(['voice.json'])
  const first = sample('voice.json').forecasts[0]
  const [name] = await columnOf(page, 1)
  assert.equal(name.replace(' here', ''), `${first.model.id} ${first.model.quantization}`)
  const [turn] = await columnOf(page, 3)
  assert.equal(turn, `${first.turn_seconds.low.toFixed(1)}–${first.turn_seconds.high.toFixed(1)}`)
})

test('a click or a key on a heading sorts, a second one turns it round', async () => {
  const { page } = await opened(['voice.json'])
  const byTime = sample('voice.json').forecasts.sort((a, b) => a.turn_seconds.expected - b.turn_seconds.expected)
    .map((forecast) => `${forecast.model.id} ${forecast.model.quantization}`)
  const shown = async () => (await columnOf(page, 1)).map((name) => name.replace(' here', ''))
  await page.click('#forecasts thead th:nth-child(3) button')
  assert.deepEqual(await shown(), byTime.slice(0, 16))
  await page.focus('#forecasts thead th:nth-child(3) button')
  await page.keyboard.press('Enter')
  assert.equal(await page.$eval('#forecasts th:nth-child(3)', (head) => head.getAttribute('aria-sort')), 'descending')
  assert.deepEqual(await shown(), byTime.reverse().slice(0, 16))
})

test('another use shows its own forecasts', async () => {
  const { page } = await opened(everything)
  await page.focus('.uses input')
  await page.keyboard.press('ArrowRight')
  assert.match(await page.$eval('h1', (node) => node.textContent), /a chat turn/)
  assert.match((await texts(page, 'h2'))[0], /a chat turn/)
})

test('a model that is chosen shows its turn', async () => {
  const { page } = await opened(['voice.json'])
  const name = await page.$eval('#forecasts tbody tr:nth-child(2) .link', (button) => (button.click(), button.textContent))
  assert.ok((await page.$eval('#turn h2', (node) => node.textContent)).startsWith(name))
})

test('names from outside are text and nothing else', async () => {
  const { page, said } = await opened(['hostile.json'])
  assert.equal(await page.evaluate(() => globalThis.broken), undefined)
  assert.ok((await page.$eval('#forecasts', (node) => node.textContent)).includes('</script><img src=x onerror='))
  assert.equal((await page.$$('main img')).length, 0)
  assert.deepEqual(said, [])
})

test('no other script can run and nothing can be fetched', async () => {
  const { page } = await opened(['voice.json'])
  const ran = await page.evaluate(() => {
    document.body.append(Object.assign(document.createElement('script'), { textContent: 'globalThis.broken = true' }))
    return globalThis.broken
  })
  assert.equal(ran, undefined)
  assert.equal(await page.evaluate(() => fetch('https://example.invalid/').then(() => 'fetched', () => 'refused')), 'refused')
})

test('a document that is not what it says costs its own part only', async () => {
  const { page } = await opened(['voice.json', 'broken.json'])
  const titles = await texts(page, 'h2')
  assert.ok(titles.includes('This part could not be drawn'))
  assert.match(titles[0], /models/)
})

test('nothing is wider than a phone', async () => {
  const { page } = await opened(everything, { viewport: phone })
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), phone.width)
})

test('it prints', async () => {
  const { page } = await opened(everything)
  const paper = await page.pdf({ format: 'A4' })
  assert.ok(paper.length > 10_000)
})

test('a page that is served shows the server as it is now, and says when it is gone', async () => {
  let status = sample('status.json')
  const report = await servedReportOf(() => status, ...everything)
  pages.push(report)
  const { page, said } = await openPage(browser, report.url)
  await page.waitForSelector('#now tbody tr')
  assert.equal(await page.$eval('#now h2', (node) => node.textContent), 'house-model is ready: 1 turn running, 2 waiting')
  assert.deepEqual(await texts(page, '#now tbody tr:first-child > *'), ['7', 'local-ai', 'done', '0.50 s', '3.0–5.0 s', '4.0 s', '1.5 s', '10 s'])
  assert.equal((await page.$$('#now img')).length, 0)
  status = { ...status, running_turns: 0, queued_turns: 0, turns: [] }
  await page.waitForFunction(() => document.querySelector('#now h2').textContent.endsWith('0 turns running'))
  status = null
  await page.waitForFunction(() => document.querySelector('#now h2').textContent === 'This server does not answer')
  assert.deepEqual(said.filter((line) => !line.startsWith(`request: ${report.url}`) && !line.includes('503')), [])
})

for (const [name, options] of Object.entries({
  'on a desktop': { viewport: desktop },
  'on a phone': { viewport: phone },
  'in the dark': { scheme: 'dark' }
})) {
  test(`axe finds nothing ${name}`, async () => {
    const report = await servedReportOf(() => sample('status.json'), ...everything)
    pages.push(report)
    const { page } = await openPage(browser, report.url, options)
    await page.waitForSelector('#now tbody tr')
    // From outside the page's own world, which its security policy guards.
    await page.$$eval('details', (all) => all.forEach((one) => { one.open = true }))
    const client = await page.createCDPSession()
    await client.send('Runtime.evaluate', { expression: axe })
    const violations = await page.evaluate(async () => (await globalThis.axe.run()).violations
      .map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 120)).join(' | ')}`))
    assert.deepEqual(violations, [])
  })
}
