// An idiomatic event stream on Hono at /events; at /replay, the events that a request asks for, written by Hono's own encoder.

import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { streamSSE } from "hono/streaming";

const app = new Hono();

app.get("/events", (c) =>
  streamSSE(c, async (stream) => {
    let n = Number.parseInt(c.req.header("Last-Event-ID"), 10) || 0;
    while (!stream.aborted) {
      await stream.sleep(250);
      n += 1;
      await stream.writeSSE({ event: "tick", id: String(n), data: `tick ${n}` });
    }
  }),
);

function replay(c, { script }) {
  // Node reads header fields as Latin-1; what a client sends back is UTF-8.
  const sent = c.req.header("Last-Event-ID");
  const last = Buffer.from(sent ?? "", "latin1").toString();
  const seen = sent === undefined ? -1 : script.findLastIndex((step) => step.id === last);
  return streamSSE(c, async (stream) => {
    for (const [index, step] of script.entries()) {
      const answer = (event) => stream.writeSSE({ event, data: String(index) });
      if (index <= seen) continue;
      if (step.wait_ms !== undefined) await stream.sleep(step.wait_ms);
      // It has no comments, and no event without data.
      else if (step.data === undefined) await answer("ssespec-unsupported");
      else await stream.writeSSE(step).catch(() => answer("ssespec-refused"));
    }
  });
}

app.post("/replay", async (c) => replay(c, await c.req.json()));
app.get("/replay", (c) => replay(c, JSON.parse(Buffer.from(c.req.query("script"), "base64url"))));
serve({ fetch: app.fetch, hostname: "127.0.0.1", port: Number(process.env.PORT ?? 8000) });
