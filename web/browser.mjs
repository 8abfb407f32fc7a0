// A report in headless Chromium, for the tests and the screenshots.
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { launch } from 'puppeteer-core'

const tokcast = process.env.TOKCAST ? resolve(process.env.TOKCAST) : new URL('../build/asan/tokcast', import.meta.url).pathname
const accuracy = process.env.ACCURACY ?? new URL('../data/accuracy.json', import.meta.url).pathname
const samples = new URL('samples/', import.meta.url).pathname

// One document of each kind, and of uses two.
export const everything = ['machine.json', 'voice.json', 'chat.json', 'promises.json', 'promise-1.json', 'promise-2.json', 'accuracy.json']

// The page that `tokcast report` makes of these files of samples/. It names them as it was told: not by where they lie here.
export function reportOf(...files) {
  const folder = mkdtempSync(join(tmpdir(), 'tokcast-report-'))
  const page = join(folder, 'report.html')
  for (const file of files) copyFileSync(file === 'accuracy.json' ? accuracy : join(samples, file), join(folder, file))
  execFileSync(tokcast, ['report', ...files, '--output', page], { cwd: folder })
  return { url: `file://${page}`, remove: () => rmSync(folder, { recursive: true }) }
}

// The same page as `tokcast serve` hands it out, by a server that answers with `status()`; null: with 503.
export async function servedReportOf(status, ...files) {
  const made = reportOf(...files)
  const page = readFileSync(new URL(made.url), 'utf8')
    .replace("img-src data:\">", "img-src data:; connect-src 'self'\">")
    .replace('"documents":[', '"live":{"path":"v1/tokcast/status"},"documents":[')
  made.remove()
  const server = createServer((request, answer) => {
    const told = request.url === '/' ? page : JSON.stringify(status())
    answer.writeHead(told === 'null' ? 503 : 200, { 'content-type': request.url === '/' ? 'text/html; charset=utf-8' : 'application/json' })
    answer.end(told)
  })
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening))
  return { url: `http://127.0.0.1:${server.address().port}/`, remove: () => server.close() }
}

export const openBrowser = () => launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: process.getuid() === 0 ? ['--no-sandbox'] : []
})

export const desktop = { width: 1280, height: 900 }
export const phone = { width: 390, height: 844, deviceScaleFactor: 2, isMobile: true, hasTouch: true }

// `said`: what the page wrote to its console and what it asked of the network.
export async function openPage(browser, url, { viewport = desktop, scheme = 'light' } = {}) {
  const page = await browser.newPage()
  const said = []
  page.on('console', (message) => said.push(`${message.type()}: ${message.text()}`))
  page.on('pageerror', (error) => said.push(`error: ${error.message}`))
  page.on('request', (request) => { if (!/^(file|data):/.test(request.url())) said.push(`request: ${request.url()}`) })
  await page.setViewport(viewport)
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }])
  await page.goto(url)
  await page.waitForSelector('#sources')
  // Charts are drawn when their place has got its width.
  await page.waitForFunction(() => [...document.querySelectorAll('.chart')].every((place) => place.hidden || place.firstChild))
  return { page, said }
}
