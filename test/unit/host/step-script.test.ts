// Steps are handed to one `ip` that stays, in real shells. Its stub refuses some of them, or ends.
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { iproute2 } from "../../../provider/host/dialect";
import { formatStep, parseBatchReport, sentinelLine } from "../../../provider/host/iproute2";
import type { Step } from "../../../provider/host/route";
import { formatDialect, formatTakeSteps, stepFunctions } from "../../../provider/host/step-script";
import { localRoute } from "../../support/route-operations";
import { anyRoute } from "./any-route";

const shells = ["dash", "bash"];
/** Refuses protocol 66, and gives up at protocol 99. */
const stub = `#!/bin/sh
echo "ip $*" >>"$LOG"
number=0
while IFS= read -r line; do
number=$((number + 1))
echo "$line" >>"$LOG"
case "$line" in
*' proto 66 '*) printf 'RTNETLINK answers: File exists\\nCommand failed -:%s\\n' $number >&2 ;;
*' proto 99 '*) echo 'Error: garbage' >&2; exit 1 ;;
link*) [ -z "$NO_LO" ] || { printf 'Device "lo" does not exist.\\nCommand failed -:%s\\n' $number >&2; continue; }
printf '1: lo: <LOOPBACK>\\\\    link/loopback\\n' ;;
esac
done
echo end >>"$LOG"
`;

let dir: string;
let log: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "anyip-steps-"));
  log = join(dir, "log");
  writeFileSync(join(dir, "ip"), stub);
  chmodSync(join(dir, "ip"), 0o755);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));
beforeEach(() => writeFileSync(log, ""));

function addAll(protocols: readonly number[]): Step[] {
  return protocols.map((protocol, index) => ({
    kind: "add",
    route: { ...localRoute(`2001:db8:${index.toString(16)}::/64`), protocol },
  }));
}
const accepted = (count: number) => Array.from({ length: count }, () => 177);

/** The report of each batch, all of them by one shell. */
function takeBatches(shell: string, batches: readonly (readonly Step[])[], env = {}) {
  const script = [
    ...stepFunctions,
    formatDialect(iproute2),
    ...batches.flatMap((steps) => [
      "start_ip",
      ...formatTakeSteps(steps, iproute2),
      `printf '%s\\n---\\n' "$report"`,
    ]),
    "end_ip",
  ].join("\n");
  const { stdout } = spawnSync(shell, ["-s"], {
    cwd: dir,
    input: `${script}\n`,
    env: { PATH: `${dir}:${process.env.PATH ?? ""}`, LOG: log, ...env },
    encoding: "utf8",
    timeout: 20_000,
  });
  return stdout.split("---\n").slice(0, -1).map(parseBatchReport);
}
const logged = () => readFileSync(log, "utf8").trimEnd().split("\n");

describe.each(shells)("steps that are handed over (%s)", (shell) => {
  it("are taken in order by one `ip`, batch after batch", () => {
    const batches = [addAll(accepted(3)), addAll([]), addAll(accepted(2))];
    const reports = takeBatches(shell, batches);
    expect(reports.map(({ complete, failures }) => [complete, failures.size])).toEqual([
      [true, 0],
      [true, 0],
      [true, 0],
    ]);
    const lines = batches.flatMap((steps) => [...steps.map(formatStep), sentinelLine]);
    expect(logged()).toEqual(["ip -o -force -batch -", ...lines, "end"]);
  });

  it("are numbered from 1 in each batch, however many there are", () => {
    const refusedAt = [1, 60, 150, 300];
    const many = accepted(300).map((protocol, index) => (refusedAt.includes(index + 1) ? 66 : protocol));
    const reports = takeBatches(shell, [addAll(accepted(5)), addAll(many), addAll([177, 66])]);
    expect(reports.map(({ complete, failures }) => [complete, [...failures.keys()]])).toEqual([
      [true, []],
      [true, refusedAt],
      [true, [2]],
    ]);
  });

  it("go to a new `ip` after one was refused: a device may have been made anew", () => {
    takeBatches(shell, [addAll([66]), addAll(accepted(1))]);
    expect(logged().filter((line) => line === "ip -o -force -batch -")).toHaveLength(2);
  });

  it("are known to be incomplete when `ip` gives up, and the next are taken", () => {
    const some = [...accepted(100), 99, ...accepted(100)];
    const [cut, next] = takeBatches(shell, [addAll(some), addAll(accepted(1))]);
    expect(cut).toMatchObject({ complete: false, lastWords: "Error: garbage" });
    expect(next).toMatchObject({ complete: true });
    expect(logged().filter((line) => line.startsWith("route"))).toHaveLength(102);
  });

  it("are known to be incomplete where nothing shows that they have been taken", () => {
    const [report] = takeBatches(shell, [addAll(accepted(1))], { NO_LO: "yes" });
    expect(report).toMatchObject({ complete: false });
  });
});

it("fit, a portion at a time and whole, in what a pipe takes at once", () => {
  fc.assert(
    fc.property(fc.array(anyRoute, { maxLength: 200 }), (routes) => {
      const steps = routes.map((route): Step => ({ kind: "add", route }));
      const portions = formatTakeSteps(steps, iproute2).flatMap((text) =>
        text.split("\n").flatMap((line) => /^hand_over ?(.*?)(?: &&)?$/.exec(line)?.[1] ?? []),
      );
      const lines = portions.map((portion) =>
        [...portion.matchAll(/'([^']*)'/g)].map(([, step = ""]) => step),
      );
      expect(lines.flat()).toEqual(steps.map(formatStep));
      for (const portion of lines)
        expect([...portion, sentinelLine, ""].join("\n").length).toBeLessThanOrEqual(4096);
    }),
  );
});
