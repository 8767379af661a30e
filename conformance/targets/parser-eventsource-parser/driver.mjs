import { createRequire } from 'node:module'
import { createParser } from 'eventsource-parser'
import { drive } from '../parser-driver/loop.mjs'

const { version } = createRequire(import.meta.url)('./node_modules/eventsource-parser/package.json')

// The parser takes text, so its user decodes; it tells ids and times, and its user remembers them.
drive({ name: 'eventsource-parser', version, features: ['state'] }, (chunks) => {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  const events = []
  const state = { lastEventId: '', reconnectionTime: null }
  const parser = createParser({
    onId: (id) => (state.lastEventId = id),
    onRetry: (time) => (state.reconnectionTime = time),
    onEvent: ({ event, data }) =>
      events.push({ type: event || 'message', data, lastEventId: state.lastEventId }),
  })
  for (const chunk of chunks) parser.feed(decoder.decode(chunk, { stream: true }))
  return { events, state }
})
