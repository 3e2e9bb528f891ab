// The shell text that takes steps, whichever `ip` the host has. One of iproute2's takes those of all batches of a hold: to
// load it takes several times as long as a batch's steps. POSIX sh.
//   steps    a pipe to it
//   answers  a pipe from it
import type { Dialect } from "./dialect";
import { formatStep, sentinelLine } from "./iproute2";
import type { Step } from "./route";
import { quote } from "./shell-quote";

/** A pipe takes so many bytes at once or not at all (PIPE_BUF), so that a shell that is killed leaves no half line in it. */
const maxPortionBytes = 4096;

/** Takes the steps, and sets $report to what `ip -force -batch -` says of them. */
export function formatTakeSteps(steps: readonly Step[], { name }: Dialect): string[] {
  const lines = steps.map(formatStep);
  if (name === "busybox") return ["report=$(run_steps <<'STEPS'", ...lines, sentinelLine, "STEPS", ")"];
  const handOver = divide(lines).map((portion) => ["hand_over", ...portion.map(quote)].join(" "));
  return [
    "report= number=0",
    [...handOver, 'report="$report$end"'].join(" &&\n"),
    // It remembers which index a device has, and the device may have been made anew.
    `case "$report" in *'Command failed'*) end_ip ;; esac`,
  ];
}

/** Nothing to do is a portion too: it shows that there is an `ip`. */
function divide(lines: readonly string[]): string[][] {
  const portions: string[][] = [[]];
  let bytes = 0;
  for (const line of lines) {
    bytes += line.length + 1;
    if (bytes + sentinelLine.length + 1 > maxPortionBytes) {
      portions.push([]);
      bytes = line.length + 1;
    }
    portions.at(-1)?.push(line);
  }
  return portions;
}

/** Tells the shell whose `ip` it has. */
export function formatDialect({ name }: Dialect): string {
  return `dialect=${name}`;
}

/** Functions that a shell has from its start. */
export const stepFunctions = [
  "ip=",
  "start_ip() {",
  '[ -z "$ip" ] && [ "$dialect" != busybox ] || return 0',
  "{ rm -f steps answers && mkfifo steps answers; } 2>/dev/null || return",
  // Opened for both ways, a pipe waits for nobody; and whoever is killed here leaves nobody who waits.
  "{ command exec 7<>answers 8<>steps; } 2>/dev/null || return",
  "ip -o -force -batch - <steps >answers 2>&1 7<&- 8>&- &",
  "ip=$! sent=0",
  "exec 7<answers 8>steps",
  "}",
  "end_ip() {",
  '[ -n "$ip" ] || return 0',
  "exec 7<&- 8>&-",
  'wait "$ip"',
  "ip=",
  "}",
  // Hands steps over; fails where `ip` does not take them all. It counts all lines that it was ever handed.
  "hand_over() {",
  `printf '%s\\n' "$@" '${sentinelLine}' 2>/dev/null >&8`,
  "end=",
  'while [ -z "$end" ]; do',
  "IFS= read -r line <&7 || { end_ip; return 1; }",
  'case "$line" in',
  `'1: lo'*) end="$line" line= ;;`,
  "'Command failed '*)",
  `place=$((\${line##*:} - sent))`,
  "[ $place -le $# ] || { end_ip; return 1; }",
  'line="Command failed -:$((number + place))"',
  ";;",
  "esac",
  'report="$report$line\n"',
  "done",
  "sent=$((sent + $# + 1)) number=$((number + $#))",
  "}",
  // Takes the steps that it reads, a line each, and reports as `ip -force -batch -` does. busybox's has no -batch: there it
  // is run once a step. Who has not been told whose `ip` it is asks.
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
