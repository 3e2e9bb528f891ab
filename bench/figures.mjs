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
