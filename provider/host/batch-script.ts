// The shell text of one batch. Each script is one function that its last line calls: a script that a lost
// connection cut short is a syntax error, and nothing of it runs. Pure; POSIX sh.
import { formatShowCommand, formatStep, sentinelLine } from "./iproute2";
import type { TableName } from "./host";
import { invertStep, type Step } from "./route";

/** How long the host waits for the confirmation before it takes the change back by itself. */
export const confirmTimeoutSeconds = 10;
/** Longer than a change of another run can stay unconfirmed, so that waiting for it is enough. */
export const lockTimeoutSeconds = 2 * confirmTimeoutSeconds + 5;

// A directory under /run that only root can open: the lock that all runs on this host share. It is removed
// when nothing holds it, so a lock taken on a directory that has gone meanwhile is taken again.
const lockDirectory = "/run/pulumi-anyip";

/** The lines by which a batch's parts are told from each other and from whatever a login shell prints. */
export function batchMarkers(nonce: string) {
  return {
    ready: `${nonce} ready`,
    observed: `${nonce} observed`,
    applied: `${nonce} applied`,
    done: `${nonce} done`,
    confirmation: `confirm ${nonce}`,
  };
}

/** Starts a shell with the right to change routes, from any login shell: sh syntax, fish's and csh's alike. */
export const rootShellCommand =
  `sh -c 'if [ "$(id -u)" = 0 ]; then exec sh -s; else exec sudo -n sh -s; fi'`;

/** Wraps lines into a function that runs only if all of it has arrived. */
function defineAndCall(name: string, lines: readonly string[], redirect: string): string {
  return `${name}() {\n${lines.join("\n")}\n}\n${name}${redirect}\n`;
}

/** Part 1: takes the lock (for changes) and prints the tables. Leaves the shell waiting for part 2. */
export function formatObserveScript(nonce: string, tables: readonly TableName[], lock: boolean): string {
  const markers = batchMarkers(nonce);
  return defineAndCall(
    "anyip_observe",
    [
      "PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH LC_ALL=C",
      "export PATH LC_ALL",
      "trap '' HUP PIPE",
      `printf '\\n%s\\n' '${markers.ready}'`,
      `missing() { printf '@missing %s\\n%s\\n' "$1" '${markers.observed}'; exit 0; }`,
      "command -v ip >/dev/null 2>&1 || missing ip",
      ...(lock ? lockLines(markers.observed) : []),
      ...tables.flatMap((name, index) => [
        `printf '@table ${index}\\n'`,
        `${formatShowCommand(name)} 2>&1`,
        `printf '@exit %s\\n' "$?"`,
      ]),
      `printf '%s\\n' '${markers.observed}'`,
    ],
    " </dev/null",
  );
}

function lockLines(observedMarker: string): string[] {
  return [
    "command -v flock >/dev/null 2>&1 || missing flock",
    "umask 077",
    "while :; do",
    `[ -d ${lockDirectory} ] || mkdir ${lockDirectory} 2>/dev/null || [ -d ${lockDirectory} ] || missing ${lockDirectory}`,
    `exec 9<${lockDirectory}`,
    `flock -w ${lockTimeoutSeconds} 9 || { printf '@busy\\n%s\\n' '${observedMarker}'; exit 0; }`,
    `[ ${lockDirectory} -ef /proc/$$/fd/9 ] && break`,
    "exec 9<&-",
    "done",
  ];
}

/** Part 2 when there is nothing to change. */
export function formatFinishScript(nonce: string, lock: boolean): string {
  return defineAndCall("anyip_finish", finishLines(nonce, lock, []), " </dev/null");
}

/**
 * Part 2: applies the steps, prints the report and waits for the confirmation. Anything else than the
 * confirmation, end of input included, takes the steps back, and so does a watchdog of the host's own when
 * nothing arrives at all. Then prints the tables again.
 */
export function formatApplyScript(nonce: string, steps: readonly Step[], verify: readonly TableName[]): string {
  const markers = batchMarkers(nonce);
  const undo = steps.map((step, index) => `${index + 1} ${formatStep(invertStep(step))}`).reverse();
  return defineAndCall(
    "anyip_apply",
    [
      "failed=' '",
      "take_back() {",
      "while read -r number line; do",
      `case "$failed" in *" $number "*) ;; *) printf '%s\\n' "$line" ;; esac`,
      "done <<'STEPS' | ip -force -batch - >/dev/null 2>&1",
      ...undo,
      "STEPS",
      "}",
      "report=$(ip -force -batch - 2>&1 <<'STEPS'",
      ...steps.map(formatStep),
      sentinelLine,
      "STEPS",
      ")",
      `case "$report" in *'Command failed'*)`,
      "while IFS= read -r line; do",
      `case "$line" in 'Command failed '*) failed="$failed\${line##*:} " ;; esac`,
      'done <<REPORT\n$report\nREPORT',
      ";; esac",
      ...watchdogLines(),
      `printf '%s\\n%s\\n' "$report" '${markers.applied}'`,
      "answer=",
      "IFS= read -r answer",
      'kill "$watchdog" 2>/dev/null',
      // The watchdog answers 0 when it was stopped in time; otherwise it has taken the steps back already.
      'wait "$watchdog" || exit 1',
      `[ "$answer" = '${markers.confirmation}' ] || { take_back; exit 1; }`,
      ...finishLines(nonce, true, verify),
    ],
    "",
  );
}

function watchdogLines(): string[] {
  return [
    "(",
    "trap 'kill \"$sleeper\" 2>/dev/null; exit 0' TERM",
    // The sleeper must hold neither the lock nor the channel: it may outlive us by its own time.
    `sleep ${confirmTimeoutSeconds} </dev/null >/dev/null 2>&1 9<&- &`,
    "sleeper=$!",
    'wait "$sleeper"',
    "trap '' TERM",
    "take_back",
    "kill -9 $$",
    ") </dev/null &",
    "watchdog=$!",
  ];
}

function finishLines(nonce: string, lock: boolean, verify: readonly TableName[]): string[] {
  return [
    ...verify.flatMap((name, index) => [
      `printf '@table ${index}\\n'`,
      `${formatShowCommand(name)} 2>&1 </dev/null`,
      `printf '@exit %s\\n' "$?"`,
    ]),
    ...(lock ? [`rmdir ${lockDirectory} 2>/dev/null`] : []),
    `printf '%s\\n' '${batchMarkers(nonce).done}'`,
    "exit 0",
  ];
}
