// npm run bench -- NAME: measures against something, in one go, and prints ratios. No test asserts on its times.
import { benchAllocate } from "./allocate.mjs";
import { benchUp } from "./up.mjs";

const benches = new Map([
  ["up", benchUp],
  ["allocate", benchAllocate],
]);

const [name, ...options] = process.argv.slice(2);
const bench = benches.get(name ?? "");
if (!bench) {
  console.error(`npm run bench -- NAME; there is: ${[...benches.keys()].join(", ")}`);
  process.exit(2);
}
await bench(options);
