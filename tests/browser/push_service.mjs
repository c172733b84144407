// A push service on loopback for a real Firefox: to the browser it speaks the protocol of Mozilla's service over a WebSocket, to
// senders RFC 8030. It delivers what it gets, or loses it.
import {createServer} from "node:http";
import {randomUUID} from "node:crypto";
import {WebSocketServer} from "ws";

export async function start_push_service() {
  const channels = new Map();
  const pushes = [];
  let losing = false;
  const mismatched = new Set();
  const server = createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const channel = channels.get(request.url.slice("/push/".length));
      const body = Buffer.concat(chunks);
      const answer = judge(request, channel);
      pushes.push({path: request.url, headers: request.headers, status: answer});
      response.writeHead(answer).end(answer === 403 ? "VapidPkHashMismatch" : "");
      if (answer !== 201 || losing)
        return;
      channel.socket.send(JSON.stringify({
        messageType: "notification",
        channelID: channel.id,
        version: randomUUID(),
        data: body.toString("base64url"),
        headers: {encoding: request.headers["content-encoding"]},
      }));
    });
  });

  function judge(request, channel) {
    if (request.method !== "POST" || !channel)
      return 404;
    const sender = /^vapid t=[\w-]+\.[\w-]+\.[\w-]+, ?k=([\w-]+)$/.exec(request.headers.authorization ?? "");
    if (!sender)
      return 401;
    if (mismatched.has(channel) || (channel.key && sender[1] !== channel.key))
      return 403;
    if (!/^\d+$/.test(request.headers.ttl ?? "") || request.headers["content-encoding"] !== "aes128gcm")
      return 400;
    return 201;
  }

  const sockets = new WebSocketServer({server});
  sockets.on("connection", (socket) => {
    socket.on("message", (text) => {
      const message = JSON.parse(text.toString());
      const reply = (more) => socket.send(JSON.stringify({messageType: message.messageType, status: 200, ...more}));
      if (message.messageType === "hello") {
        reply({uaid: randomUUID().replaceAll("-", ""), use_webpush: true});
      } else if (message.messageType === "register") {
        const token = randomUUID();
        channels.set(token, {id: message.channelID, key: message.key?.replace(/=+$/, ""), socket});
        reply({channelID: message.channelID, pushEndpoint: `http://127.0.0.1:${server.address().port}/push/${token}`});
      } else if (message.messageType === "unregister") {
        for (const [token, channel] of channels) {
          if (channel.id === message.channelID)
            channels.delete(token);
        }
        reply({channelID: message.channelID});
      } else if (message.messageType === undefined) {
        socket.send("{}");
      }
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `ws://127.0.0.1:${server.address().port}/`,
    pushes,
    subscriptions: () => channels.size,
    lose: (yes) => (losing = yes),
    /** From now on all present channels were made for another key. */
    mismatch: () => {
      for (const channel of channels.values())
        mismatched.add(channel);
    },
    stop: () => {
      for (const socket of sockets.clients)
        socket.terminate();
      server.close();
    },
  };
}
