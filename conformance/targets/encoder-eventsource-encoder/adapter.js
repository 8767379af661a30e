import { encode } from 'eventsource-encoder'
import { drive } from '../encoder.mjs'

await drive('eventsource-encoder', '1.0.2', (script) => script.map((step) => encode(step)).join(''))
