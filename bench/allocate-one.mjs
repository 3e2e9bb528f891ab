// One task of `npm run bench -- allocate` with our allocator: TASK COUNT. Prints the seconds of CPU and the last block.
import { createRequire } from "node:module";
import { repository } from "../scripts/setup/paths.mjs";

const load = createRequire(import.meta.url);
const { allocate } = load(`${repository}/dist/net/allocation/allocate.js`);
const { PrefixTree } = load(`${repository}/dist/net/allocation/prefix-tree.js`);
const { formatBlock } = load(`${repository}/dist/net/allocation/request.js`);
const { reservedRanges } = load(`${repository}/dist/net/allocation/reserved.js`);
const { parsePrefix } = load(`${repository}/dist/net/prefix.js`);

const wants = {
  keyed: (index) => ({ strategy: "keyed", length: 128, key: `site-${index}` }),
  nextFree: () => ({ strategy: "nextFree", length: 128 }),
  sparse: () => ({ strategy: "sparse", length: 96 }),
};

function fill(want, count) {
  const pool = parsePrefix("2001:db8:100::/64");
  const taken = new PrefixTree(pool, reservedRanges(pool));
  let last;
  for (let index = 0; index < count; index++) {
    last = allocate(want(index), taken).prefix;
    taken.insert(last, "bench");
  }
  return formatBlock(last);
}

const [task, count] = process.argv.slice(2);
// The first thousands run in the interpreter; what grows with the count shall be seen, not that.
fill(wants[task], 5000);
const start = process.cpuUsage();
const last = fill(wants[task], Number(count));
const { user, system } = process.cpuUsage(start);
console.log((user + system) / 1e6, last);
