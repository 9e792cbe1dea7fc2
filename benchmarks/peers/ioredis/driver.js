// ioredis: loops of promises share one Cluster. Many at once, and pipelines over all nodes (its own are for one node),
// go through its automatic pipelining; one alone does not, which is faster for it.
import { createInterface } from "node:readline";
import { performance } from "node:perf_hooks";
import Redis from "ioredis";

function die(message) {
  console.error(`driver: ${message}`);
  process.exit(1);
}

// Keys and values go on after their end, so that a slice of a batch can start at any of the count keys.
function workloadOf({ op, size, batch }) {
  const mget = op === "mget";
  const count = size >= 4 << 20 ? 4 : mget || size >= 65536 ? 100 : 3000;
  const keys = Array.from({ length: count + batch }, (_, i) => `bench:${size}:${mget ? "{m}:" : ""}${i % count}`);
  const values = keys.map((key) => `${key}:`.repeat(Math.floor(size / key.length) + 1).slice(0, size));
  return { count, keys, values };
}

function check(good, op, key) {
  if (!good) die(`wrong reply to ${op} at ${key}`);
}

// One call each, starting at a key.
function callsOf(cluster, { op, batch }, { keys, values }) {
  const checkAll = (replies, at) => replies.forEach((reply, i) => check(reply === values[at + i], op, keys[at + i]));
  return {
    get: async (at) => check((await cluster.get(keys[at])) === values[at], op, keys[at]),
    set: async (at) => check((await cluster.set(keys[at], values[at])) === "OK", op, keys[at]),
    mget: async (at) => checkAll(await cluster.mget(keys.slice(at, at + batch)), at),
    pipeline: async (at) => checkAll(await Promise.all(keys.slice(at, at + batch).map((key) => cluster.get(key))), at),
  }[op];
}

// The time of a call ends where that of the next begins.
async function caller(call, round, count, number) {
  const step = round.op === "pipeline" ? round.batch : 1;
  const latencies = [];
  let before = performance.now();
  const deadline = before + round.seconds * 1000;
  for (let at = (number * 700) % count; before < deadline; at = (at + step) % count) {
    await call(at);
    const after = performance.now();
    latencies.push(after - before);
    before = after;
  }
  return latencies;
}

async function run(cluster, round) {
  const workload = workloadOf(round);
  const call = callsOf(cluster, round, workload);
  const began = performance.now();
  const callers = Array.from({ length: round.parallel }, (_, number) => caller(call, round, workload.count, number));
  const all = Float64Array.from((await Promise.all(callers)).flat());
  const seconds = (performance.now() - began) / 1000;
  all.sort();
  const at = (part) => +(all[Math.min(all.length - 1, Math.floor(all.length * part))] * 1000).toFixed(1);
  const commands = all.length * (round.op === "pipeline" ? round.batch : 1);
  return { commands, seconds, latency_us: [at(0.5), at(0.99), at(0.999)] };
}

function parse(line) {
  const [word, op, ...numbers] = line.trim().split(/\s+/);
  const [parallel, size, batch, seconds] = numbers.map(Number);
  const known = word === "round" && ["get", "set", "mget", "pipeline"].includes(op);
  return known && numbers.length === 4 && !numbers.some((text) => Number.isNaN(+text))
    ? { op, parallel, size, batch, seconds }
    : undefined;
}

const [flag, addresses] = process.argv.slice(2);
if (flag !== "--nodes" || addresses === undefined) die("usage: driver.js --nodes HOST:PORT,...");
const nodes = addresses.split(",").map((address) => {
  const colon = address.lastIndexOf(":");
  return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
});
const plain = new Redis.Cluster(nodes);
const pipelined = new Redis.Cluster(nodes, { enableAutoPipelining: true });
for (const cluster of [plain, pipelined]) cluster.on("error", (error) => die(error.message));

for await (const line of createInterface({ input: process.stdin })) {
  const round = parse(line);
  const alone = round?.parallel === 1 && round.op !== "pipeline";
  const answer = round
    ? await run(alone ? plain : pipelined, round)
    : { error: `this driver does not know: ${line.trim()}` };
  console.log(JSON.stringify(answer));
}
process.exit(0);
