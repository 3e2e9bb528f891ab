// What the benchmarks share in print.
import { arch, cpus, totalmem } from "node:os";

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** What was measured, and on what. */
export function printMachine(what) {
  const [cpu] = cpus();
  console.log(
    `${what}\n${cpus().length} × ${cpu?.model.trim()} (${arch()}), ${Math.round(totalmem() / 2 ** 30)} GiB, ` +
      `Linux, Node ${process.versions.node}\n`,
  );
}

/** Measures each side once a round, one after the other; the answer has the runs of each side, in order. */
export async function runRounds(sides, rounds, what, measure) {
  const runs = new Map(sides.map((side) => [side, []]));
  for (let round = 0; round < rounds; round++) {
    for (const side of sides) {
      process.stderr.write(`${what}, round ${round + 1} of ${rounds}: ${side} …\n`);
      runs.get(side).push(await measure(side));
    }
  }
  return runs;
}
