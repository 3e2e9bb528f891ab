// The program of every side of the benchmark: BENCH_COUNT resources of the kind that BENCH_SIDE names.
const { readFileSync } = require("node:fs");
const pulumi = require("@pulumi/pulumi");
const { AddressAllocation, AnyIPRoute } = require("pulumi-anyip");

const { host, privateKeyPath, knownHosts } = JSON.parse(process.env.BENCH_HOST);
const persist = process.env.BENCH_PERSIST;
const connection = { host, user: "root", privateKeyPath, knownHosts };

function register(name, literal, inputs) {
  return new pulumi.CustomResource("pulumi-nodejs:dynamic/bench:Noop", name, {
    ...inputs,
    __provider: literal,
  });
}

const noop = 'exports.handler=()=>require("./noop.js").noop';
const owner = (name) => `${pulumi.getProject()}/${pulumi.getStack()}/${name}`;

const sides = {
  floor: (name, prefix) => register(name, noop, { prefix }),
  "floor in a pool": (name, prefix) => register(name, noop, { prefix, pool: makeNoopPool().prefix }),
  "same inputs": (name, prefix) => register(name, noop, { prefix, connection, owner: owner(name) }),
  "a login each": (name, prefix) =>
    register(name, 'exports.handler=()=>require("./login-each.js").loginEach', { prefix, connection }),
  "remote.Command": (name, prefix) =>
    new pulumi.CustomResource("command:remote:Command", name, {
      connection: { host, user: "root", privateKey: readFileSync(privateKeyPath, "utf8") },
      create: `ip route replace local ${prefix} dev lo table local`,
      delete: `ip route del local ${prefix} dev lo table local`,
    }),
  AnyIPRoute: (name, prefix) => new AnyIPRoute(name, { connection, prefix, persist }),
  AddressAllocation: (name) => new AddressAllocation(name, { connection, pool, persist }),
  "in a bound pool": (name) => new AddressAllocation(name, { connection, pool: bindPool().prefix, persist }),
};

const pool = "2001:db8:100::/64";
let bound;
function bindPool() {
  bound ??= new AnyIPRoute("pool", { connection, prefix: pool, persist });
  return bound;
}
/** What a thousand resources get an input from, as from a bound pool. */
let noopPool;
function makeNoopPool() {
  noopPool ??= register("pool", noop, { prefix: pool });
  return noopPool;
}

for (let index = 0; index < Number(process.env.BENCH_COUNT); index++) {
  sides[process.env.BENCH_SIDE](`route-${index}`, `2001:db8:${index.toString(16)}::/64`);
}
