// The shell text that ends a shell which has the lock and is told nothing more. A client that vanishes without a word (a
// power cut, a runner that was destroyed) leaves its shell waiting for as long as sshd keeps the connection. POSIX sh.
//   turn  a number while the shell waits for its next part, another one each time; empty while it works
import { hostDirectory } from "./record";
import { formatInterruptibleSleep } from "./sleep-script";

/** Far longer than a client has nothing to say; two of these and a wait are shorter than others wait for the lock. */
const checkSeconds = 10;

/** Functions that a shell has from its start. */
export const leaseFunctions = [
  "lease=",
  "turn=0",
  "begin_turn() {",
  '[ -z "$lease" ] || : >turn',
  "}",
  "end_turn() {",
  '[ -z "$lease" ] || echo $((turn += 1)) >turn',
  "}",
  // The lease itself must not have the lock: it may outlive the shell by its own time.
  "begin_lease() {",
  "(",
  "seen=",
  "while :; do",
  ...formatInterruptibleSleep(checkSeconds),
  "kill -0 $$ 2>/dev/null || exit 0",
  "now=",
  "{ read -r now <turn; } 2>/dev/null",
  '[ -z "$now" ] || [ "$now" != "$seen" ] || break',
  'seen="$now"',
  "done",
  "kill -9 $$",
  // What the shell would have done before it left, unless somebody has the lock already.
  "sleep 1",
  `{ command exec 9<${hostDirectory}; } 2>/dev/null && flock -n 9 && leave`,
  ") </dev/null >/dev/null 2>&1 9<&- &",
  "lease=$!",
  "}",
  "end_lease() {",
  '[ -n "$lease" ] || return 0',
  'kill "$lease" 2>/dev/null',
  'wait "$lease" 2>/dev/null',
  "lease=",
  "}",
];
