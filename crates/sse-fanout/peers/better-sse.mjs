// A channel of better-sse on Node's own http server; each line on stdin goes to everybody.
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { createChannel, createSession } from "better-sse";

const channel = createChannel();

const server = createServer({ keepAliveTimeout: 0 }, async (request, response) => {
  const session = await createSession(request, response);
  channel.register(session);
});
server.listen(Number(process.argv[2]), "127.0.0.1", 16384);

createInterface({ input: process.stdin })
  .on("line", (line) => channel.broadcast(line))
  .on("close", () => process.exit(0));
