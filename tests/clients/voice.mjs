// A spoken turn: a question goes in as sound at the pace of a telephone line, the answer comes out as sound, and
// every stage is printed with its time since the end of the question. The question is read from a WAV file (PCM16,
// one channel, 16000 a second), or spoken by the server itself.
//
//   node voice.mjs PORT ["some question" | question.wav] [answer.raw]
import { WebSocket } from 'ws'
import assert from 'node:assert'
import { readFileSync, writeFileSync } from 'node:fs'

const [port, question = 'hello how are you today', answer_file] = process.argv.slice(2)
const headers = process.env.TOKCAST_TOKEN ? { Authorization: `Bearer ${process.env.TOKCAST_TOKEN}` } : {}
const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { headers })
const waiting = []
const messages = []
socket.on('message', (data, binary) => {
  const message = binary ? { type: 'sound', data } : JSON.parse(data)
  message.at = performance.now()
  const waiter = waiting.shift()
  waiter ? waiter(message) : messages.push(message)
})
const next = () => messages.length > 0 ? messages.shift() : new Promise((resolve) => waiting.push(resolve))
const tell = (message) => socket.send(JSON.stringify(message))
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

await new Promise((resolve, reject) => { socket.on('open', resolve); socket.on('error', reject) })

let sound
if (question.endsWith('.wav')) {
  sound = readFileSync(question).subarray(44)
} else {
  tell({ type: 'tts_request', text: question, response_format: 'binary', output_encoding: 'linear16', output_sample_rate_hz: 16000 })
  const head = await next()
  assert.equal(head.type, 'tts_audio', JSON.stringify(head))
  sound = (await next()).data
}

tell({ type: 'switch_model', scope: 'session', llm_config: { max_tokens: 60 } })
assert.equal((await next()).type, 'switch_response')
tell({ type: 'set_mode', mode: 'full', call_id: 'voice', output_encoding: 'linear16' })
assert.equal((await next()).type, 'mode_ready')

// 100 ms at a time; the question, then quiet until it is found to have ended.
const chunk = 3200
let end_of_question
let is_heard = false
const line = async () => {
  for (let at = 0; at < sound.length; at += chunk) {
    socket.send(sound.subarray(at, at + chunk))
    await sleep(100)
  }
  end_of_question = performance.now()
  while (!is_heard) {
    socket.send(Buffer.alloc(chunk))
    await sleep(100)
  }
}
const line_done = line()

const since = (at) => `${((at - (end_of_question ?? at)) / 1000).toFixed(3).padStart(7)} s`
const answer = []
for (let message = await next(); ; message = await next()) {
  if (message.type === 'sound') {
    console.log(since(message.at), 'sound  ', (message.data.length / 32000).toFixed(2), 's of it')
    answer.push(message.data)
  } else if (message.type === 'stt_result') {
    console.log(message.is_final ? since(message.at) : '          ', message.is_final ? 'heard  ' : 'so far ', JSON.stringify(message.text))
    is_heard ||= message.is_final
  } else if (message.type === 'llm_response') {
    console.log(since(message.at), 'answer ', JSON.stringify(message.text))
    console.log('the server\'s own clock, from the end of speech as it found it:')
    for (const [stage, seconds] of Object.entries(message.timeline)) {
      console.log(`${(seconds ?? NaN).toFixed(3).padStart(7)} s`, stage.replace('_seconds', '').replace('_', ' '))
    }
    break
  } else if (message.type === 'error') {
    console.error(since(message.at), message.code, message.message)
    process.exit(1)
  } else {
    assert.equal(message.type, 'tts_audio', JSON.stringify(message))
  }
}
await line_done
assert.ok(answer.length > 0, 'no sound came back')
if (answer_file) writeFileSync(answer_file, Buffer.concat(answer))
socket.close(1000)
