// An event stream on Express as tutorials write it, at /events: `res.write` of "data: ..." strings. Express has no encoder of its own, so /replay
// shows what that recipe does to the events that a request asks for.

import { setTimeout as sleep } from "node:timers/promises";
import express from "express";

const app = express();
const headers = { "Content-Type": "text/event-stream", "Cache-Control": "no-cache", Connection: "keep-alive" };

function sse({ comment, event, id, retry, data }) {
  let text = "";
  if (comment !== undefined) text += `: ${comment}\n`;
  if (event !== undefined) text += `event: ${event}\n`;
  if (id !== undefined) text += `id: ${id}\n`;
  if (retry !== undefined) text += `retry: ${retry}\n`;
  if (data !== undefined) text += `data: ${data}\n`;
  return `${text}\n`;
}

app.get("/events", (req, res) => {
  res.set(headers);
  res.flushHeaders();
  let n = Number.parseInt(req.get("Last-Event-ID"), 10) || 0;
  const ticks = setInterval(() => {
    n += 1;
    res.write(sse({ event: "tick", id: n, data: `tick ${n}` }));
  }, 250);
  const keepAlive = setInterval(() => res.write(": keep-alive\n\n"), 15_000);
  res.on("close", () => {
    clearInterval(ticks);
    clearInterval(keepAlive);
  });
});

async function replay(req, res, { script }) {
  // Node reads header fields as Latin-1; what a client sends back is UTF-8.
  const sent = req.get("Last-Event-ID");
  const last = Buffer.from(sent ?? "", "latin1").toString();
  const seen = sent === undefined ? -1 : script.findLastIndex((step) => step.id === last);
  res.set(headers);
  res.flushHeaders();
  for (const step of script.slice(seen + 1)) {
    if (step.wait_ms !== undefined) await sleep(step.wait_ms);
    else res.write(sse(step));
  }
  res.end();
}

app.post("/replay", express.json({ limit: "10mb" }), (req, res) => replay(req, res, req.body));
app.get("/replay", (req, res) => replay(req, res, JSON.parse(Buffer.from(req.query.script, "base64url"))));
app.listen(process.env.PORT ?? 8000, "127.0.0.1");
