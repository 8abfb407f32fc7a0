// Pictures of the report for docs/: node screenshots.mjs
import { desktop, everything, openBrowser, openPage, phone, reportOf } from './browser.mjs'

const docs = new URL('../docs/report/', import.meta.url).pathname
const report = reportOf(...everything)
const browser = await openBrowser()
for (const [name, options] of Object.entries({
  desktop: { viewport: desktop },
  dark: { viewport: desktop, scheme: 'dark' },
  phone: { viewport: { ...phone, deviceScaleFactor: 1 } }
})) {
  const { page } = await openPage(browser, report.url, options)
  await page.screenshot({ path: `${docs}${name}.webp`, type: 'webp', quality: 70, fullPage: true })
}
await browser.close()
report.remove()
