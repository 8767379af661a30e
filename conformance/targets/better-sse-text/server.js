// An idiomatic event stream on Express and better-sse at /events; at /replay, the events that a request asks for, written by the encoder of
// better-sse. `node server.js text` serializes data as text, where the default is JSON.

import { setTimeout as sleep } from "node:timers/promises";
import { createSession } from "better-sse";
import express from "express";

const app = express();
const options = process.argv[2] === "text" ? { serializer: String } : {};

app.get("/events", async (req, res) => {
  const session = await createSession(req, res, options);
  let n = Number.parseInt(session.lastId, 10) || 0;
  const ticks = setInterval(() => {
    n += 1;
    session.push(`tick ${n}`, "tick", String(n));
  }, 250);
  session.on("disconnected", () => clearInterval(ticks));
});

/** What to hand to the serializer so that `text` is what it writes. JSON cannot write every text. */
function valueFor(text) {
  if (options.serializer || text === undefined) return text;
  try {
    const value = JSON.parse(text);
    return JSON.stringify(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
}

async function replay(req, res, { script }) {
  const session = await createSession(req, res, { ...options, retry: null, keepAlive: null });
  // Node reads header fields as Latin-1; what a client sends back is UTF-8.
  const sent = req.get("Last-Event-ID");
  const last = Buffer.from(sent ?? "", "latin1").toString();
  const seen = sent === undefined ? -1 : script.findLastIndex((step) => step.id === last);
  for (const [index, step] of script.entries()) {
    if (index <= seen) continue;
    if (step.wait_ms !== undefined) {
      await sleep(step.wait_ms);
      continue;
    }
    const data = valueFor(step.data);
    if (data === undefined && step.data !== undefined) {
      session.push(index, "ssespec-unsupported", "");
      continue;
    }
    await session.batch((buffer) => {
      if (step.comment !== undefined) buffer.comment(step.comment);
      if (step.event !== undefined) buffer.event(step.event);
      if (step.id !== undefined) buffer.id(step.id);
      if (step.retry !== undefined) buffer.retry(step.retry);
      if (data !== undefined) buffer.data(data);
      buffer.dispatch();
    });
  }
  res.end();
}

app.post("/replay", express.json({ limit: "10mb" }), (req, res) => replay(req, res, req.body));
app.get("/replay", (req, res) => replay(req, res, JSON.parse(Buffer.from(req.query.script, "base64url"))));
app.listen(process.env.PORT ?? 8000, "127.0.0.1");
