// The hub of the npm package mercure, with an update for everybody four times a second.
const { Server } = require("mercure");

const server = new Server({ jwtKey: "for nothing but this test", path: "/hub", allowAnonymous: true });
// It is given to an emitter without being bound, and answers every subscriber with 401 if it is not.
server.hub.onSseConnection = server.hub.onSseConnection.bind(server.hub);

server.listen(Number(process.env.PORT), "127.0.0.1").then(() => {
  let number = 0;
  setInterval(() => server.hub.dispatchUpdate("https://example.com/ticks", `{"number": ${number++}}`), 250);
});
