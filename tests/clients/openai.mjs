// npm's openai client: models, a whole chat, a stream, an abort, an error, speech out and in again.
import OpenAI, { toFile } from 'openai'
import assert from 'node:assert'

const client = new OpenAI({ baseURL: `http://127.0.0.1:${process.argv[2]}/v1`, apiKey: process.env.TOKCAST_TOKEN ?? 'none', maxRetries: 0 })
const messages = [{ role: 'user', content: 'Hello' }]

const models = await client.models.list()
const model = models.data[0].id
console.log('models', model)

const whole = await client.chat.completions.create({ model, messages, max_tokens: 5 })
assert.equal(whole.choices[0].message.role, 'assistant')
console.log('chat', JSON.stringify(whole.choices[0].message.content), whole.usage)

let pieces = 0
for await (const part of await client.chat.completions.create({ model, messages, max_tokens: 5, stream: true })) {
  pieces += part.choices.length
}
assert.ok(pieces > 1)
console.log('stream', pieces, 'pieces')

const endless = await client.chat.completions.create({ model, messages, max_tokens: 1000, stream: true })
let seen = 0
for await (const part of endless) {
  if (++seen === 3) endless.controller.abort()
}
console.log('abort after', seen, 'pieces')
const after = await client.chat.completions.create({ model, messages, max_tokens: 1 })
assert.ok(after.choices.length === 1)
console.log('the next one works')

await assert.rejects(client.chat.completions.create({ model, messages: [] }), OpenAI.BadRequestError)
await assert.rejects(client.chat.completions.create({ model, messages, deadline_seconds: 1e-6 }),
  (error) => [429, 504].includes(error.status))
console.log('errors are errors')

const sentence = 'hello how are you today'
const spoken = await client.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: sentence, response_format: 'wav' })
const wav = Buffer.from(await spoken.arrayBuffer())
const heard = await client.audio.transcriptions.create({ model: 'whisper-1', file: await toFile(wav, 'speech.wav') })
console.log('spoken', wav.length, 'bytes, heard', JSON.stringify(heard.text))
assert.equal(heard.text, sentence)
await assert.rejects(client.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: sentence, response_format: 'mp3' }),
  OpenAI.BadRequestError)
