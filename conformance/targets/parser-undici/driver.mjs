import { createRequire } from 'node:module'
import { drive } from '../parser-driver/loop.mjs'

const require = createRequire(import.meta.url)
const { version } = require('./node_modules/undici/package.json')
// The decoder of its EventSource; it has no public name.
const { EventSourceStream } = require('./node_modules/undici/lib/web/eventsource/eventsource-stream.js')

drive({ name: 'undici EventSource', version, features: ['state'] }, async (chunks) => {
  const state = { lastEventId: '', reconnectionTime: null }
  const events = []
  const stream = new EventSourceStream({ eventSourceSettings: state })
  stream.on('data', ({ type, options }) => {
    events.push({ type, data: options.data, lastEventId: options.lastEventId })
  })
  const ended = new Promise((resolve, reject) => stream.on('end', resolve).on('error', reject))
  for (const chunk of chunks) stream.write(chunk)
  stream.end()
  await ended
  return { events, state: { lastEventId: state.lastEventId, reconnectionTime: state.reconnectionTime } }
})
