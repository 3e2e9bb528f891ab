// The text of the program that puts recorded routes back: after a boot, and after a link was down. It reads records as
// record-text.ts does, without it: at boot there is nobody to ask. Pure; POSIX sh.
import { lockTimeoutSeconds } from "../host";
import { sentinelLine } from "../iproute2";
import { formatTakeLock } from "../lock-script";
import { hostDirectory } from "../record";
import { maxRecordBytes } from "../record-text";
import { storeDirectory, versionLine } from "./paths";

/** By this a watcher that has a file for its process id holds the program open, and locked. */
export const watcherDescriptor = 8;

/**
 * An executable sh program:
 *   once   restores what is missing, under the host's lock; waits for it as a run does, ends with 1 if it does not get it
 *   boot   the same, but does not wait: while a run has the lock there was no boot, and nothing is missing
 *   watch [PIDFILE]  removes itself where nothing is on record and nobody has the lock; else stays, and does what `once` does whenever a link has come up; ends at SIGTERM with all that it
 *          started. With a file for its process id, which is there while it runs, it ends at once where another one runs.
 *
 * @param files what is installed beside it, and goes with it, what starts it first; and a directory, if that is empty then
 */
export function formatRestoreScript(files: readonly string[], directory?: string): string {
  return `#!/bin/sh
${versionLine}
# Puts the local routes that ${storeDirectory}/routes records back. It goes when pulumi-anyip removes the last of them.
files='${files.join(" ")}' directory=${directory ?? ""}
${scriptBody}`;
}

/** find(1) counts in blocks of 512 bytes, and rounds up. */
const maxBlocks = maxRecordBytes / 512;

// What `kept` names, a run has removed: it was killed before the record went, too (record-script.ts).
// `add` where a route may be there already: unlike `replace` it leaves alone what somebody has put in its place.
const readRecords = `
function ignore(why) { print "! record " name " is ignored: it " why; isOver = 1 }
function isRoute(text, word, part, limit) {
  if (text !~ /^local [0-9a-f:.]+\\/[0-9]+ dev [A-Za-z0-9_.-]+ table [0-9]+ proto [0-9]+ metric [0-9]+( src [0-9a-f:.]+)?$/)
    return 0
  split(text, word, " ")
  split(word[2], part, "/")
  limit = part[1] ~ /:/ ? 128 : 32
  return length(part[2]) <= 3 && part[2] + 0 <= limit && length(word[4]) <= 15 &&
    length(word[6]) <= 10 && word[6] + 0 >= 1 && word[6] + 0 <= 4294967295 &&
    length(word[8]) <= 3 && word[8] + 0 <= 255 && length(word[10]) <= 10 && word[10] + 0 <= 4294967295 &&
    name == part[1] "_" part[2] "-table-" word[6] "-metric-" word[10]
}
function finish() {
  if (isOver || name == "") return
  if (!isWhole) ignore("is cut short")
  else if (isHeld) print "route add " route
}
BEGIN { while ((getline line < kept) > 0) isDropped[line] = 1 }
FNR == 1 {
  finish()
  name = substr(FILENAME, 3)
  # A line end in a name must not begin a line of ours.
  gsub(/[^!-~]/, "?", name)
  count = 0
  isWhole = 0
  isOver = (routes "/" name) in isDropped
}
{ count++ }
isOver { next }
count == 1 {
  if ($0 == "pulumi-anyip 1") next
  ignore(/^pulumi-anyip [0-9]+$/ ? "is of another version" : "is no record")
}
count == 2 {
  # What is covered by a larger route, or released, has no route of its own.
  isHeld = /^route /
  route = $0
  sub(/^(route|covered|released) /, "", route)
  if (route == $0 || !isRoute(route)) ignore("names no route, or another")
}
count == 3 && !/^owner ./ || count == 4 && !/^origin (created|adopted)$/ || count == 5 && !/^token [A-Za-z0-9-]+$/ {
  ignore("is no record")
}
count == 6 && $0 != "machine -" && $0 != "machine " machine { ignore("is another machine\\047s") }
count > 6 && (isWhole || $0 != "end" && !/^for [0-9a-f:.\\/]+ ./ && !/^until [0-9]+$/) { ignore("is no record") }
count > 6 && $0 == "end" { isWhole = 1 }
END { finish() }
`.trim();

// Reads the lines that were tried, an empty one, and the report: message lines, then `Command failed FILE:N`.
const readReport = `
!isReport { if ($0 == "") isReport = 1; else line[++count] = substr($0, 17); next }
/^Command failed .*:[0-9]+$/ {
  sub(/^.*:/, "")
  failures++
  if (message !~ /File exists/) print line[$0] " is not restored: " message
  message = ""
  next
}
{ message = message (message == "" ? "" : "; ") $0 }
END { if (count > failures) print "routes restored: " (count - failures) }
`.trim();

const takeLockLines = formatTakeLock({
  directory: "$lock",
  giveUp: `fail "$lock cannot be made or opened: nothing is restored"`,
  lock: [
    "if ! flock -n 9; then",
    "  [ $1 = wait ] || exit 0",
    `  wait_for_lock || fail "the lock $lock was not to be had: nothing is restored"`,
    "fi",
  ],
});

const scriptBody = `PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
export PATH LC_ALL
umask 077
lock=${hostDirectory} store=${storeDirectory}

say() {
  printf 'pulumi-anyip: %s\\n' "$1" >&2
  # Under systemd the line above is in the journal already; early in a boot there is no log.
  [ -n "$JOURNAL_STREAM" ] || [ ! -S /dev/log ] || logger -t pulumi-anyip -- "$1"
}

fail() {
  printf '%s\\n' "$1"
  exit 1
}

# Prints its input, but not thousands of lines.
shorten() {
  awk '
    NR <= 20 { gsub(/[^ -~]/, "?"); print substr($0, 1, 500) }
    END { if (NR > 20) print "and " (NR - 20) " more such lines" }
  '
}

# $1 is wait or try. The lock is the one that pulumi-anyip's runs on this host share.
take_lock() {
  command -v flock >/dev/null || fail 'flock is missing: nothing is restored'
  ${takeLockLines.join("\n  ")}
  trap 'rmdir $lock/new $lock/routes $lock 2>/dev/null' EXIT
}

wait_for_lock() {
  flock -w ${lockTimeoutSeconds} 9 2>/dev/null && return
  # busybox's flock knows no -w.
  case $(flock --help 2>&1) in *--timeout*) return 1 ;; esac
  seconds=${lockTimeoutSeconds}
  until flock -n 9; do
    [ $((seconds -= 1)) -gt 0 ] || return 1
    sleep 1
  done
}

# Prints \`route add …\` for each record, and \`! …\` for each file that is none of this machine.
read_records() {
  id=
  { IFS= read -r id </etc/machine-id; } 2>/dev/null
  find . ! -name . -prune \\( ! -type f -o -size +${maxBlocks} \\) -print |
    sed 's/^\\.\\///; s/.*/! record & is ignored: it is no plain file, or too large/'
  find . ! -name . -prune -type f ! -size +${maxBlocks} -exec awk -v machine="$id" -v kept=$lock/kept -v routes=$store/routes '${readRecords}' {} +
}

# An \`ip\` a line, where there is no -batch, and where a line that cannot be read has ended it.
add_each() {
  number=0
  while IFS= read -r line; do
    number=$((number + 1))
    # Made of words that read_records has checked.
    ip $line 2>&1 </dev/null || printf 'Command failed -:%s\\n' $number
  done
}

add_all() {
  report=$(ip -force -batch - 2>&1 <<LINES
$1
${sentinelLine}
LINES
  )
  case $report in *'1: lo'[:@]*) report=\${report%1: lo[:@]*} ;; *) report=$(add_each <<LINES
$1
LINES
  ) ;; esac
  awk '${readReport}' <<LINES | shorten
$1

$report
LINES
}

# Prints what there is to say. $1 is wait or try.
restore() {
  take_lock $1
  # Nobody has confirmed the batch that these records are of, unless its journal says that someone is still at it.
  [ -s $lock/undo ] || [ -s $lock/kept ] || rm -rf $store/new
  [ -d $store/routes ] && [ ! -L $store/routes ] && cd $store/routes || return 0
  found=$(read_records)
  printf '%s\\n' "$found" | sed -n 's/^! //p' | shorten
  lines=$(printf '%s\\n' "$found" | sed -n '/^route add /p')
  [ -z "$lines" ] || add_all "$lines"
}

# A power cut may have come between the last record and this program. Whoever installs it has the lock, and no record yet.
remove_unneeded() {
  take_lock try
  [ ! -s $lock/undo ] && [ ! -s $lock/kept ] || return
  rmdir $store/routes
  rm -f $store/.restore.new
  [ "$(ls -A $store)" = restore ] || return
  rm -f $files $store/restore
  rmdir $store $directory
}

say_messages() {
  [ -z "$messages" ] || printf '%s\\n' "$messages" | while IFS= read -r line; do say "$line"; done
}

# One restore a burst of changes: waits for a byte, then for the burst, then reads what has gathered.
follow() {
  while dd bs=1 count=1 >/dev/null 2>&1; do
    sleep 0.2 2>/dev/null || sleep 1
    changes=$(dd bs=65536 count=1 2>/dev/null)
    # What was killed alone has no use for this any more.
    kill -0 $$ 2>/dev/null || return
    case $changes in
      '') return ;;
      *[,'<']UP[,'>']*) ;;
      *) continue ;;
    esac
    before=$messages
    messages=$(restore wait 2>&1 </dev/null)
    # What is wrong with a record is said once, not whenever a link comes up.
    [ "$messages" = "$before" ] || say_messages
  done
}

monitor_links() {
  case $(ip -V 2>/dev/null) in *iproute2*) exec ip monitor link ;; esac
  say 'this ip cannot watch links: routes that a link loses when it goes down are missing until the next boot'
  # Whoever looks whether the service runs is to find it.
  while sleep 86400; do :; done
}

watch() {
  # All that it starts is ended as its process group.
  IFS= read -r stat </proc/$$/stat
  group=\${stat##*) }
  group=\${group#* * }
  [ "\${group%% *}" = $$ ] || exec setsid sh "$0" watch "$1"
  pidfile=$1
  if [ -n "$pidfile" ]; then
    exec ${watcherDescriptor}<"$0"
    flock -n ${watcherDescriptor} || exit 0
  fi
  (remove_unneeded) </dev/null >/dev/null 2>&1
  [ -e $store/restore ] || {
    say 'no route is on record any more: what was installed to restore them is removed'
    exit 0
  }
  trap 'trap "" TERM; [ -z "$pidfile" ] || rm -f "$pidfile"; kill 0; wait; exit 0' TERM
  [ -z "$pidfile" ] || echo $$ >"$pidfile"
  # The first change is none: what came up before \`ip\` began to listen.
  { printf 'begin <UP>\\n'; monitor_links; } </dev/null ${watcherDescriptor}<&- | follow ${watcherDescriptor}<&- &
  wait $!
  [ -z "$pidfile" ] || rm -f "$pidfile"
  say 'ip monitor has ended'
  exit 1
}

run() {
  messages=$(restore $1 2>&1 </dev/null)
  code=$?
  say_messages
  exit $code
}

case $1 in
  once) run wait ;;
  boot) run try ;;
  watch) watch "$2" ;;
  *)
    printf 'Usage: %s once | boot | watch [PIDFILE]\\n' "$0" >&2
    exit 2
    ;;
esac
`;
