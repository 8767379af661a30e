// The driver of encoders in JavaScript: one line of JSON in, one out. See "Encoder under test" in the documentation of ssespec.
import { createInterface } from 'node:readline'

/** Thrown by an adapter where the library has no way to express a step. */
export class Unsupported extends Error {}

/** What a library throws is a refusal; `encode` takes the steps of a script and gives text or bytes. */
export async function drive(name, version, encode) {
  const say = (answer) => process.stdout.write(JSON.stringify(answer) + '\n')
  say({ driver: 1, name, version, features: [] })
  for await (const line of createInterface({ input: process.stdin })) {
    const { case: which, script } = JSON.parse(line)
    try {
      const bytes = Buffer.from(await encode(script))
      say({ case: which, bytes: bytes.toString('base64') })
    } catch (error) {
      const verdict = error instanceof Unsupported ? 'unsupported' : 'refused'
      say({ case: which, [verdict]: String(error.message) })
    }
  }
}
