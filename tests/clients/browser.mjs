// A browser's WebSocket in headless Chromium: the local-ai protocol, fragments that it makes of large messages,
// frames of bytes, and the ends that it reports. CHROMIUM names another one.
import { launch } from 'puppeteer-core'
import assert from 'node:assert'

const port = process.argv[2]
const browser = await launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: process.getuid() === 0 ? ['--no-sandbox'] : []
})

// What a page of this server's does with it; runs in the browser.
async function talk(address) {
  const open = async () => {
    const socket = new WebSocket(address)
    socket.binaryType = 'arraybuffer'
    const waiting = []
    const messages = []
    socket.onmessage = ({ data }) => {
      const message = typeof data === 'string' ? JSON.parse(data) : { type: 'binary', size: data.byteLength }
      const waiter = waiting.shift()
      waiter ? waiter(message) : messages.push(message)
    }
    const next = () => messages.length > 0 ? messages.shift() : new Promise((resolve) => waiting.push(resolve))
    const ended = new Promise((resolve) => { socket.onclose = ({ code, wasClean }) => resolve({ code, wasClean }) })
    await new Promise((resolve, reject) => { socket.onopen = resolve; socket.onerror = reject })
    return { socket, next, ended, ask: (message) => { socket.send(JSON.stringify(message)); return next() } }
  }
  const seen = {}
  const one = await open()
  seen.extensions = one.socket.extensions
  seen.status = (await one.ask({ type: 'status' })).type
  seen.mode = (await one.ask({ type: 'set_mode', mode: 'llm', call_id: 'c' })).mode
  one.socket.send(JSON.stringify({ type: 'llm_request', text: 'Hello', request_id: 'r', stream: true, deadline_seconds: 60 }))
  seen.turn = []
  do seen.turn.push((await one.next()).type)
  while (seen.turn.at(-1) === 'llm_token' && seen.turn.length < 4)
  one.socket.send(JSON.stringify({ type: 'barge_in', request_id: 'b' }))
  let message = await one.next()
  while (message.type === 'llm_token') message = await one.next()
  seen.barge_in = message.type
  seen.large = (await one.ask({ type: 'status', padding: 'x'.repeat(1 << 20) })).type
  one.socket.send(new Uint8Array(3200))  // a tenth of a second of quiet, which is answered with nothing
  seen.after_sound = (await one.ask({ type: 'capabilities' })).type
  one.socket.close(1000)
  seen.close = await one.ended
  const two = await open()
  two.socket.send('x'.repeat(5 << 20))
  seen.too_large = (await two.ended).code
  const three = await open()
  three.socket.close(4999, 'Auf Wiedersehen')
  seen.own_code = await three.ended
  return seen
}

try {
  const page = await browser.newPage()
  await page.goto(`http://127.0.0.1:${port}/healthz`)
  const seen = await page.evaluate(talk, `ws://127.0.0.1:${port}/`)
  assert.equal(seen.extensions, '')
  assert.equal(seen.status, 'status_response')
  assert.equal(seen.mode, 'llm')
  assert.ok(['llm_token', 'llm_response'].includes(seen.turn.at(-1)), seen.turn.join())
  assert.equal(seen.barge_in, 'barge_in_ack')
  assert.equal(seen.large, 'status_response')
  assert.equal(seen.after_sound, 'capabilities_response')
  assert.deepEqual(seen.close, { code: 1000, wasClean: true })
  assert.equal(seen.too_large, 1009)
  assert.deepEqual(seen.own_code, { code: 4999, wasClean: true })
  // A page of another origin must not get in.
  await page.goto('data:text/html,elsewhere')
  const stranger = await page.evaluate((address) => new Promise((resolve) => {
    const socket = new WebSocket(address)
    socket.onopen = () => resolve('open')
    socket.onerror = () => resolve('refused')
  }), `ws://127.0.0.1:${port}/`)
  assert.equal(stranger, 'refused')
  console.log('Chromium: all as it should be')
} finally {
  await browser.close()
}
