// A server of the Model Context Protocol as the SDK's own examples write it: one tool that reports its progress.
import { randomUUID } from "node:crypto";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import express from "express";

const sessions = new Map();
const app = express();
app.use(express.json());

function server() {
  const server = new McpServer({ name: "count", version: "1.0.0" });
  server.registerTool("count", { description: "Counts to three." }, async ({ sendNotification }) => {
    for (const number of [1, 2, 3]) {
      await sendNotification({ method: "notifications/message", params: { level: "info", data: `${number}` } });
    }
    return { content: [{ type: "text", text: "1, 2, 3" }] };
  });
  return server;
}

app.all("/mcp", async (request, response) => {
  const id = request.headers["mcp-session-id"];
  let transport = sessions.get(id);
  if (id && !transport) {
    return response.status(404).json({ jsonrpc: "2.0", error: { code: -32001, message: "Session not found" }, id: null });
  }
  if (!transport) {
    transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (id) => sessions.set(id, transport),
    });
    await server().connect(transport);
  }
  await transport.handleRequest(request, response, request.body);
});

app.listen(Number(process.argv[2]), "127.0.0.1");
