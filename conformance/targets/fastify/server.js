// An idiomatic event stream on Fastify and @fastify/sse at /events; at /replay, the events that a request asks for, written by the encoder of
// @fastify/sse.

import { setTimeout as sleep } from "node:timers/promises";
import sse from "@fastify/sse";
import Fastify from "fastify";

const app = Fastify({ bodyLimit: 10 << 20 });
await app.register(sse, { heartbeatInterval: 15_000 });

app.get("/events", { sse: "only" }, async (_request, reply) => {
  await reply.sse.send(ticks(Number.parseInt(reply.sse.lastEventId, 10) || 0));
});

async function* ticks(n) {
  for (;;) {
    await sleep(250);
    n += 1;
    yield { id: String(n), event: "tick", data: `tick ${n}` };
  }
}

async function replay(reply, { script }) {
  reply.sse.sendHeaders();
  // Node reads header fields as Latin-1; what a client sends back is UTF-8.
  const sent = reply.sse.lastEventId;
  const last = Buffer.from(sent ?? "", "latin1").toString();
  const seen = sent === null ? -1 : script.findLastIndex((step) => step.id === last);
  for (const [index, step] of script.entries()) {
    if (index <= seen) continue;
    if (step.wait_ms !== undefined) await sleep(step.wait_ms);
    // It has no comments, and no event without data.
    else if (step.data === undefined) await reply.sse.send({ event: "ssespec-unsupported", data: String(index) });
    else await reply.sse.send(step);
  }
}

// Text as it is, where the default would be JSON.
const text = { sse: { kind: "only", serializer: String } };
app.post("/replay", text, (request, reply) => replay(reply, request.body));
app.get("/replay", text, (request, reply) => replay(reply, JSON.parse(Buffer.from(request.query.script, "base64url"))));
await app.listen({ host: "127.0.0.1", port: Number(process.env.PORT ?? 8000) });
