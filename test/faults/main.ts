// The command line of the fault suite; scripts/faults.mjs compiles and runs it.
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { type Kind, kinds } from "./history";
import { describeTally, describeTotal, hasMissed, type Order, playAll } from "./suite";

/** So many histories have a share that says something. */
const fewest = 10;

const print = (text: string) => process.stdout.write(`${text}\n`);
const report = (text: string) => process.stderr.write(`${text}\n`);

function readOrder(): Order {
  const { values } = parseArgs({
    options: {
      histories: { type: "string", default: "100" },
      kind: { type: "string" },
      seed: { type: "string", default: String(randomInt(2 ** 31)) },
    },
  });
  const histories = Number(values.histories);
  const seed = Number(values.seed);
  if (!(histories > 0) || !Number.isSafeInteger(seed)) throw new Error("--histories and --seed are numbers");
  const kind = values.kind as Kind | undefined;
  if (kind !== undefined && !kinds.includes(kind)) throw new Error(`--kind is one of ${kinds.join(", ")}`);
  return { kinds: kind === undefined ? kinds : [kind], histories, seed };
}

async function main(): Promise<void> {
  const order = readOrder();
  report(`faults: ${order.histories} histories of each kind, from seed ${order.seed} on`);
  const tallies = await playAll(order, report);
  for (const tally of tallies) print(describeTally(tally));
  print(describeTotal(tallies));
  // One history that is played again need not be hit again.
  const misses = order.histories >= fewest && tallies.some(hasMissed);
  process.exitCode = misses || tallies.some(({ failed }) => failed > 0) ? 1 : 0;
}

main().catch((error: unknown) => {
  report(`faults: ${error instanceof Error ? error.stack : error}`);
  process.exitCode = 2;
});
