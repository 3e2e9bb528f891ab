// The program of the pools' benchmark: one resource with BENCH_COUNT names, of the kind that BENCH_SIDE names.
const pulumi = require("@pulumi/pulumi");
const { AddressPool } = require("pulumi-anyip");

const pool = "2001:db8:100::/64";
const names = Array.from(
  { length: Number(process.env.BENCH_COUNT) },
  (_, index) => `site-${index + 1}.example`,
);

function register(handler) {
  const literal = `exports.handler=()=>require("./noop.js").${handler}`;
  const inputs = { pool, names, results: undefined, __provider: literal };
  new pulumi.CustomResource("pulumi-nodejs:dynamic/bench:Noop", "pool", inputs);
}

const sides = {
  "names alone": () => register("noop"),
  "results out": () => register("resultsOut"),
  "same payload": () => register("samePayload"),
  AddressPool: () => new AddressPool("pool", { pool, names }),
};
sides[process.env.BENCH_SIDE]();
