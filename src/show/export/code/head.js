// Recorded deliveries, sent again as they came: jest FILE, or node --test FILE
//
// HOOKCAT_TO names another server, such as http://localhost:3000. Signatures are the recorded ones: an
// endpoint that refuses what is old needs its clock at the time a test names.

const assert = require("node:assert/strict");
const net = require("node:net");
const tls = require("node:tls");

const test = globalThis.test ?? require("node:test").test;

function deliver(origin, line, headers, body) {
  const url = new URL(process.env.HOOKCAT_TO || origin);
  const secure = url.protocol === "https:";
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const to = { host, port: Number(url.port) || (secure ? 443 : 80), servername: secure ? host : undefined };
  const end = [`Content-Length: ${body.length}`, "Connection: close", "", ""];
  const head = [line, `Host: ${url.host}`, ...headers, ...end].join("\r\n");
  return new Promise((resolve, reject) => {
    const stream = (secure ? tls : net).connect(to, () => stream.write(head + body, "latin1"));
    const parts = [];
    stream.setTimeout(30_000, () => stream.destroy(new Error("no answer in time")));
    stream.on("error", reject);
    stream.on("data", (part) => parts.push(part));
    stream.on("end", () => {
      const answer = Buffer.concat(parts).toString();
      resolve([Number(answer.split(" ", 2)[1]), answer]);
    });
  });
}

