// src/ becomes report.html: one file with the style, the script and the script's hash in the page's security policy.
// `node build.mjs --check` writes nothing and fails if report.html is not what the sources make.
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { build } from 'esbuild'

const here = (name) => new URL(name, import.meta.url).pathname

const { outputFiles } = await build({
  entryPoints: [here('src/main.js'), here('src/report.css')],
  outdir: here('out'),
  bundle: true,
  minify: true,
  write: false,
  format: 'iife',
  target: ['es2022', 'chrome109', 'firefox115', 'safari16'],
  charset: 'ascii',
  legalComments: 'none'
})
const output = (suffix) => outputFiles.find((file) => file.path.endsWith(suffix)).text.trimEnd()

// ISC asks that its notice goes with every copy.
const notices = ['@observablehq/plot', 'd3'].map((name) => `${name}: ${readFileSync(here(`node_modules/${name}/LICENSE`), 'utf8').trim().replace(/\s+/g, ' ')}`)
const script = `/*! ${notices.join('\n')} */\n${output('.js')}`
const hash = `sha256-${createHash('sha256').update(script).digest('base64')}`
const fill = (page, mark, value) => page.replace(mark, () => value)
const page = [['@style@', output('.css')], ['@hash@', hash], ['@script@', script]]
  .reduce((text, [mark, value]) => fill(text, mark, value), readFileSync(here('src/report.html'), 'utf8'))

if (!process.argv.includes('--check')) {
  writeFileSync(here('report.html'), page)
} else if (readFileSync(here('report.html'), 'utf8') !== page) {
  console.error('web/report.html is not what web/src makes: run `npm ci && npm run build` in web/ and commit it.')
  process.exit(1)
}
