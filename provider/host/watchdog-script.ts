// The shell text of the watchdog: a process beside a shell that has the lock. It ends a shell that is told nothing for too
// long, and takes back first what it was not told to keep: a change may have cut the host off, and a client that vanishes
// without a word (a power cut, a runner that was destroyed) leaves its shell waiting for as long as sshd keeps the
// connection. One process serves all batches of a hold; it has the lock too. Pure; POSIX sh.
//   turn    `NUMBER SECONDS` while the shell waits: which wait it is, and how long it may last, which is counted in whole
//           seconds from when it was seen; `NUMBER 0` while it works
//   ending  1 once the watchdog is about to end the shell
// Both are overwritten in place, for which a full disk has room.

/** Longer than a client has nothing to say, and shorter than others wait for the lock. */
export const idleSeconds = 15;

/** Waits a second, or until TERM, which ends the subshell that this is in. */
const interruptibleSecond = [
  // TERM may come before the sleeper has a name, and while it is still a copy of this shell, with this trap: only KILL is
  // sure to end it then.
  "ended=",
  "trap 'ended=1' TERM",
  // The sleeper must not hold the lock: it may outlive us by its own time.
  "sleep 1 9<&- &",
  "sleeper=$!",
  "trap 'kill -9 \"$sleeper\" 2>/dev/null; exit 0' TERM",
  '[ -z "$ended" ] || { kill -9 "$sleeper" 2>/dev/null; exit 0; }',
  'wait "$sleeper"',
  "trap 'exit 0' TERM",
];

/** Functions that a shell has from its start. They need those of record-script.ts. */
export const watchdogFunctions = [
  "watchdog=",
  "turn=0",
  // What has died has no executable, even while nobody has waited for it.
  `is_alive() { [ -n "$1" ] && [ -e "/proc/$1/exe" ]; }`,
  // From here on the shell waits to be told something, for $1 seconds at most.
  "begin_wait() {",
  `[ -z "$watchdog" ] || printf '%-20s\\n' "$((turn += 1)) $1" 1<>turn`,
  "}",
  // It and the watchdog each write before they read, so that one of them sees the other.
  "end_wait() {",
  '[ -n "$watchdog" ] || return 0',
  `printf '%-20s\\n' "$turn 0" 1<>turn`,
  'while { read -r ending <ending && [ "$ending" = 1 ]; } 2>/dev/null; do',
  'is_alive "$watchdog" || exit 1',
  "sleep 1",
  "done",
  "}",
  // Fails where there is no room for its files.
  "begin_watchdog() {",
  '! is_alive "$watchdog" || return 0',
  `{ printf '%-20s\\n' "$((turn += 1)) 0" >turn && echo 0 >ending; } 2>/dev/null || return`,
  "(",
  "watchdog= ip= seen= waited=0",
  "while :; do",
  ...interruptibleSecond,
  "is_alive $$ || break",
  "read -r now <turn",
  'if [ "$now" = "$seen" ]; then waited=$((waited + 1)); else seen="$now" waited=0; fi',
  `case "$seen" in *' '[1-9]*) [ $waited -ge "\${seen#* }" ] || continue ;; *) continue ;; esac`,
  "echo 1 1<>ending",
  "read -r now <turn",
  '[ "$now" != "$seen" ] || break',
  "echo 0 1<>ending",
  "done",
  "trap '' TERM",
  // A shell that was killed at its work has left to the next one what there is to do.
  "read -r now <turn",
  `case "$now" in *' '[1-9]*) [ ! -s undo ] || take_back ;; esac`,
  "kill -9 $$",
  "leave",
  ") </dev/null >/dev/null 2>&1 7<&- 8>&- &",
  "watchdog=$!",
  "}",
  "end_watchdog() {",
  '[ -n "$watchdog" ] || return 0',
  'kill "$watchdog" 2>/dev/null',
  'wait "$watchdog" 2>/dev/null',
  "watchdog=",
  "}",
];
