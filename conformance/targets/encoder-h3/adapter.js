import { H3Event, createEventStream } from 'h3'
import { Unsupported, drive } from '../encoder.mjs'

await drive('h3', '2.0.8', async (script) => {
  const stream = createEventStream(new H3Event(new Request('http://127.0.0.1/')))
  const written = new Response(stream.body).arrayBuffer()
  for (const step of script) {
    if (step.comment !== undefined) await stream.pushComment(step.comment)
    else if (step.data === undefined) throw new Unsupported('a message has data')
    else await stream.push(step)
  }
  await stream.close()
  return written
})
