// The loop of a persistent driver in JavaScript: one line in, one line out for each stream.
// `parse` gets the chunks of one stream and gives `{events, state}`, or a promise of it.
import { createInterface } from 'node:readline'

export async function drive({ name, version, features }, parse) {
  process.stdout.write(JSON.stringify({ driver: 1, name, version, features }) + '\n')
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    const question = JSON.parse(line)
    const chunks = question.chunks.map((chunk) => Buffer.from(chunk, 'base64'))
    const answer = await parse(chunks)
    process.stdout.write(JSON.stringify({ case: question.case, ...answer }) + '\n')
  }
}
