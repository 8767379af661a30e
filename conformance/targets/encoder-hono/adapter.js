import { SSEStreamingApi } from 'hono/streaming'
import { Unsupported, drive } from '../encoder.mjs'

await drive('hono', '4.13.19', async (script) => {
  const { readable, writable } = new TransformStream()
  const stream = new SSEStreamingApi(writable, readable)
  const written = new Response(stream.responseReadable).arrayBuffer()
  for (const step of script) {
    if (step.data === undefined) throw new Unsupported('writeSSE writes messages, and a message has data')
    await stream.writeSSE(step)
  }
  await stream.close()
  return written
})
