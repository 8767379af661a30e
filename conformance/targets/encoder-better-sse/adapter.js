import { createEventBuffer } from 'better-sse'
import { drive } from '../encoder.mjs'

await drive('better-sse', '0.16.1', (script) => {
  const buffer = createEventBuffer({ serializer: String })
  for (const { event, id, retry, data, comment } of script) {
    if (comment !== undefined) buffer.comment(comment)
    if (event !== undefined) buffer.event(event)
    if (id !== undefined) buffer.id(id)
    if (retry !== undefined) buffer.retry(retry)
    if (data !== undefined) buffer.data(data)
    buffer.dispatch()
  }
  return buffer.read()
})
