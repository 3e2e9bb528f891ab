// The shell text of one batch. Each script is one function that its last line calls: a script that a lost
// connection cut short is a syntax error, and nothing of it runs. Pure; POSIX sh.

import { type Dialect, iproute2 } from "./dialect";
import { lockTimeoutSeconds, type TableName } from "./host";
import { formatTakeLock } from "./lock-script";
import { formatLookAround } from "./look-around";
import { detectLines, findBackend, persistenceBackends } from "./persistence/backends";
import { type BackendName, storeDirectory } from "./persistence/paths";
import { hostDirectory, type RecordChange } from "./record";
import {
  formatKeep,
  formatShowRecords,
  formatStage,
  formatSync,
  type RecordSelection,
  recordFunctions,
  recoveryLines,
} from "./record-script";
import type { Step } from "./route";
import { formatDialect, formatTakeSteps, stepFunctions } from "./step-script";
import { idleSeconds, watchdogFunctions } from "./watchdog-script";

// A directory under /run. What it holds, record-script.ts says.
const lockDirectory = hostDirectory;

/** The lines by which a batch's parts are told from each other and from whatever a login shell prints. */
export function batchMarkers(nonce: string) {
  return {
    ready: `${nonce} ready`,
    observed: `${nonce} observed`,
    applied: `${nonce} applied`,
    done: `${nonce} done`,
    installed: `${nonce} installed`,
  };
}

/** The line that keeps a change, but for the records of these names. Its last word shows that none is missing. */
export function formatConfirmation(nonce: string, dropped: readonly string[]): string {
  return ["confirm", nonce, ...dropped, "."].join(" ");
}

/** Wraps lines into a function that runs only if all of it has arrived. */
function defineAndCall(name: string, lines: readonly string[], redirect: string): string {
  return `${name}() {\n${lines.join("\n")}\n}\n${name}${redirect}\n`;
}

/** Makes a fresh shell ready. Sent together with the first part 1. */
export function formatStartScript(nonce: string): string {
  return defineAndCall(
    "anyip_start",
    [
      "PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH LC_ALL=C",
      "export PATH LC_ALL",
      "umask 077",
      "trap '' HUP PIPE",
      `printf '\\n%s\\n' '${batchMarkers(nonce).ready}'`,
      // Together these say which routing tables these are, by whatever name or address one came here.
      "boot=",
      "{ IFS= read -r boot </proc/sys/kernel/random/boot_id; } 2>/dev/null",
      'printf \'@machine %s %s\\n\' "$boot" "$(readlink /proc/self/ns/net)"',
      "id=",
      "{ IFS= read -r id </etc/machine-id; } 2>/dev/null",
      "printf '@machine-id %s\\n' \"$id\"",
      ...detectLines,
      ...stepFunctions,
      ...recordFunctions,
      ...watchdogFunctions,
    ],
    " </dev/null",
  );
}

/** What part 1 does about the host's lock: leave it, take it, or let others have it once and take it again. */
export type LockStep = "none" | "take" | "pass";

/** Part 1: sees to the lock and prints the tables, what is around, and records. The lock is held until the shell ends. */
export function formatObserveScript(
  nonce: string,
  tables: readonly TableName[],
  records: RecordSelection,
  lock: LockStep,
  looksAround = false,
  dialect: Dialect = iproute2,
): string {
  const { observed } = batchMarkers(nonce);
  return defineAndCall(
    "anyip_observe",
    [
      "end_wait",
      `give_up() { printf '@%s\\n%s\\n' "$*" '${observed}'; exit 1; }`,
      "command -v ip >/dev/null 2>&1 || give_up missing ip",
      ...(lock === "pass"
        ? ["[ ! -s gone ] || remove_gone", "end_ip", "end_watchdog", "trap - EXIT", "exec 9<&-"]
        : []),
      ...(lock === "none" ? [] : lockLines),
      ...showLines(tables, dialect),
      ...(looksAround ? formatLookAround(dialect) : []),
      ...(records.length === 0 ? [] : [...installedLines, ...formatShowRecords(records)]),
      `begin_wait ${idleSeconds}`,
      `printf '\\n%s\\n' '${observed}'`,
    ],
    " </dev/null",
  );
}

const lockLines = [
  "command -v flock >/dev/null 2>&1 || give_up missing flock",
  ...formatTakeLock({
    directory: lockDirectory,
    giveUp: `give_up missing ${lockDirectory}`,
    // busybox's cannot wait for a time.
    lock: [
      `said=$(flock -w ${lockTimeoutSeconds} 9 2>&1) || case $said in`,
      `*'BusyBox v'*) timeout ${lockTimeoutSeconds} flock 9 ;;`,
      "*) false ;;",
      "esac || give_up busy",
    ],
  }),
  `[ ! -L ${storeDirectory} ] || give_up missing ${storeDirectory}`,
  `cd ${lockDirectory} || give_up missing ${lockDirectory}`,
  "trap leave EXIT",
  ...recoveryLines,
  "begin_watchdog",
];

/** What persistence needs of the host's own init is not in the records, and can go without them. */
const installedLines = persistenceBackends.map(
  ({ name, isInstalled }) => `if ${isInstalled}; then printf '@installed ${name}\\n'; fi`,
);

/** Makes the host restore, by its own means, what is on record. Prints what went wrong, and the exit code. */
export function formatInstallScript(nonce: string, name: BackendName): string {
  // What it starts must not keep the pipe to `ip` open.
  const lines = ["end_ip", "{", ...findBackend(name).install, "} 2>&1"];
  return defineAndCall(
    "anyip_install",
    [
      "end_wait",
      ...lines,
      `code=$?`,
      `begin_wait ${idleSeconds}`,
      `printf '\n@exit %s\n%s\n' "$code" '${batchMarkers(nonce).installed}'`,
    ],
    " </dev/null",
  );
}

function showLines(tables: readonly TableName[], dialect: Dialect): string[] {
  return tables.flatMap((name, index) => [
    `printf '@table ${index}\\n'`,
    `${dialect.formatShowCommand(name)} 2>&1 </dev/null`,
    `printf '@exit %s\\n' "$?"`,
  ]);
}

/** One operation's part of a batch: a step, a record, or both. */
export interface HostChange {
  readonly step?: Step;
  readonly record?: RecordChange;
}

/**
 * Part 2: puts the new records ready, applies the steps, prints the report and waits for the confirmation. Anything
 * else than the confirmation, end of input included, takes the steps back, and so does a watchdog of the host's own
 * when nothing arrives at all. Then puts the records in place, and prints the tables again.
 */
export function formatApplyScript(
  nonce: string,
  changes: readonly HostChange[],
  verify: readonly TableName[],
  confirmTimeoutSeconds: number,
  dialect: Dialect = iproute2,
): string {
  const markers = batchMarkers(nonce);
  const confirmed = `confirm ${nonce}`;
  const steps = changes.flatMap(({ step }) => (step ? [step] : []));
  const records = changes.flatMap(({ record }) => (record ? [record] : []));
  return defineAndCall(
    "anyip_apply",
    [
      "end_wait",
      formatDialect(dialect),
      ...formatStage(steps, records, markers.applied),
      ...formatTakeSteps(steps, dialect),
      `case "$report" in *'Command failed'*) mark_failed ;; esac`,
      `begin_wait ${confirmTimeoutSeconds}`,
      `printf '%s\\n%s\\n' "$report" '${markers.applied}'`,
      ...formatSync(records, markers.done),
      "answer=",
      "IFS= read -r answer",
      "end_wait",
      `case "$answer" in '${confirmed} .' | '${confirmed} '*' .') ;; *) take_back; exit 1 ;; esac`,
      ...formatKeep(records, markers.done),
      ...showLines(verify, dialect),
      `begin_wait ${idleSeconds}`,
      `printf '%s\\n' '${markers.done}'`,
    ],
    "",
  );
}
