// A peer as an existing Node.js gateway is one: zeromq.js and @msgpack/msgpack, nothing of ours.
//
// It reads one job from stdin: {endpoints, codec, replyTo?, request, audio? (base64), last}. It pushes the request
// and prints every event that comes, one JSON document a line, up to the first one of the type `last`.

import { decode, encode } from "@msgpack/msgpack";
import { text } from "node:stream/consumers";
import { Push, Subscriber } from "zeromq";

const job = JSON.parse(await text(process.stdin));
const routed = job.replyTo !== undefined;

const requests = new Push();
requests.connect(job.endpoints.requests);
const events = new Subscriber();
events.connect(routed ? job.endpoints.routed : job.endpoints.events);
events.subscribe(routed ? `${job.replyTo}\0` : "");

const pack = (message) => {
  const header = routed ? { ...message, replyTo: job.replyTo } : message;
  return job.codec === "json" ? JSON.stringify(header) : encode(header);
};

const receive = async () => {
  const frames = await events.receive();
  const topic = routed ? frames.shift().toString("latin1") : null;
  const header = frames.shift();
  const event = job.codec === "json" ? JSON.parse(header.toString()) : decode(header);
  return { topic, event, binaries: frames.map((frame) => frame.toString("base64")) };
};

// Until the first pong the subscription may not have reached the server.
const probe = `probe-${process.pid}`;
const ping = () => requests.send(pack({ type: "ping", taskId: probe, timestamp: Date.now() }));
await ping();
const pinging = setInterval(ping, 100);
while ((await receive()).event.taskId !== probe);
clearInterval(pinging);

const audio = job.audio === undefined ? [] : [Buffer.from(job.audio, "base64")];
await requests.send([pack(job.request), ...audio]);
for (;;) {
  const message = await receive();
  if (message.event.type === "pong") continue;
  console.log(JSON.stringify(message));
  if (message.event.type === job.last) break;
}
process.exit(0);
