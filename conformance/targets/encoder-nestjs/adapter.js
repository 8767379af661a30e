import 'reflect-metadata'
import { SseStream } from '@nestjs/core/router/sse-stream.js'
import { drive } from '../encoder.mjs'

await drive('@nestjs/core', '12.5.1', (script) => {
  const stream = new SseStream()
  const written = []
  for (const { event, ...rest } of script) {
    stream.write({ type: event, ...rest })
    written.push(stream.read())
  }
  return Buffer.concat(written.map((chunk) => Buffer.from(chunk)))
})
