// An idiomatic event stream on h3 at /events; at /replay, the events that a request asks for, written by h3's own encoder.

import { setTimeout as sleep } from "node:timers/promises";
import { EventStream, H3, getQuery, serve } from "h3";

const app = new H3();

app.get("/events", (event) => {
  const stream = new EventStream(event);
  let n = Number.parseInt(event.req.headers.get("last-event-id"), 10) || 0;
  const ticks = setInterval(() => {
    n += 1;
    stream.push({ id: String(n), event: "tick", data: `tick ${n}` });
  }, 250);
  const keepAlive = setInterval(() => stream.pushComment("keep-alive"), 15_000);
  stream.onClosed(() => {
    clearInterval(ticks);
    clearInterval(keepAlive);
  });
  return stream;
});

function replay(event, { script }) {
  // Node reads header fields as Latin-1; what a client sends back is UTF-8.
  const sent = event.req.headers.get("last-event-id");
  const last = Buffer.from(sent ?? "", "latin1").toString();
  const seen = sent === null ? -1 : script.findLastIndex((step) => step.id === last);
  const stream = new EventStream(event);
  const write = async () => {
    for (const [index, step] of script.entries()) {
      if (index <= seen) continue;
      if (step.wait_ms !== undefined) await sleep(step.wait_ms);
      else if (step.comment !== undefined) await stream.pushComment(step.comment);
      // It writes data in every event.
      else if (step.data === undefined) await stream.push({ event: "ssespec-unsupported", data: String(index) });
      else await stream.push(step);
    }
    await stream.close();
  };
  write();
  return stream;
}

app.post("/replay", async (event) => replay(event, await event.req.json()));
app.get("/replay", (event) => replay(event, JSON.parse(Buffer.from(getQuery(event).script, "base64url"))));
serve(app, { hostname: "127.0.0.1", port: process.env.PORT ?? 8000, silent: true });
