// npm's ws client: the local-ai protocol, and compression refused politely.
import { WebSocket } from 'ws'
import assert from 'node:assert'

const headers = process.env.TOKCAST_TOKEN ? { Authorization: `Bearer ${process.env.TOKCAST_TOKEN}` } : {}
const socket = new WebSocket(`ws://127.0.0.1:${process.argv[2]}/`, { headers })
const waiting = []
const messages = []
socket.on('message', (data, binary) => {
  const message = binary ? { type: 'binary', size: data.length } : JSON.parse(data)
  const waiter = waiting.shift()
  waiter ? waiter(message) : messages.push(message)
})
const next = () => messages.length > 0 ? messages.shift() : new Promise((resolve) => waiting.push(resolve))
const ask = (message) => { socket.send(JSON.stringify(message)); return next() }

await new Promise((resolve, reject) => { socket.on('open', resolve); socket.on('error', reject) })
assert.equal(socket.extensions, '')
assert.equal((await ask({ type: 'status' })).type, 'status_response')
assert.equal((await ask({ type: 'set_mode', mode: 'llm', call_id: 'c' })).mode, 'llm')
socket.send(JSON.stringify({ type: 'llm_request', text: 'Hello', request_id: 'r', stream: true, deadline_seconds: 60 }))
let token = await next()
for (let i = 0; i < 3 && token.type === 'llm_token'; ++i) {
  assert.equal(token.request_id, 'r')
  token = await next()
}
console.log('a turn gave', token.type)
assert.ok(['llm_token', 'llm_response', 'error'].includes(token.type))
socket.send(JSON.stringify({ type: 'barge_in', request_id: 'b' }))
for (let message = await next(); message.type !== 'barge_in_ack'; message = await next()) assert.equal(message.type, 'llm_token')
assert.equal((await ask({ type: 'capabilities' })).type, 'capabilities_response')
socket.send('nonsense')
assert.equal((await next()).type, 'error')
const pong = new Promise((resolve) => socket.on('pong', resolve))
socket.ping('x')
assert.equal(String(await pong), 'x')

// A message in fragments, with a ping between them.
socket.send('{"type":"sta', { fin: false })
socket.ping('between')
socket.send('tus"}', { fin: true })
assert.equal((await next()).type, 'status_response')
const closed = new Promise((resolve) => socket.on('close', resolve))
socket.close(1000)
assert.equal(await closed, 1000)

// What a client must not say, and what it may say of its end.
const ends = async (what) => {
  const one = new WebSocket(`ws://127.0.0.1:${process.argv[2]}/`, { headers })
  await new Promise((resolve, reject) => { one.on('open', resolve); one.on('error', reject) })
  const end = new Promise((resolve) => one.on('close', resolve))
  what(one)
  return end
}
assert.equal(await ends((one) => one.send(Buffer.from([0xce, 0xba, 0xed, 0xa0, 0x80]), { binary: false })), 1007)
assert.equal(await ends((one) => one.send('x'.repeat(5 << 20))), 1009)
assert.equal(await ends((one) => one.close(4999, 'Auf Wiedersehen')), 4999)
console.log('WebSocket: all as it should be')
