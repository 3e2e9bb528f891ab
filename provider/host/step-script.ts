// The shell text that takes steps, whichever `ip` the host has. Pure; POSIX sh.
import type { Dialect } from "./dialect";

/** Tells the shell whose `ip` it has. */
export function formatDialect({ name }: Dialect): string {
  return `dialect=${name}`;
}

/** The command that takes the steps that it reads. What needs no function costs the host one process less. */
export function formatRunSteps({ name }: Dialect): string {
  return name === "iproute2" ? "ip -force -batch - 2>&1" : "run_steps";
}

/**
 * Takes the steps that it reads, a line each, and reports as `ip -force -batch -` does. busybox's has no -batch: there
 * it is run once a step. Who has not been told whose `ip` it is asks.
 */
export const runStepsLines = [
  "run_steps() {",
  "[ -n \"$dialect\" ] || case $(ip -V 2>&1 </dev/null) in *'BusyBox v'*) dialect=busybox ;; esac",
  'if [ "$dialect" != busybox ]; then ip -force -batch - 2>&1; return; fi',
  "number=0",
  "while IFS= read -r step; do",
  "number=$((number + 1))",
  `ip $step 2>&1 </dev/null || printf 'Command failed -:%s\\n' $number`,
  "done",
  "}",
];
