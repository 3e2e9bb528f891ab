// The shell text that keeps ownership records: a batch puts them ready, and they go to their place when it is kept.
// Relative paths are below the lock's directory, which is the shell's own; the store is persistence/paths.ts's. POSIX sh.
//   routes/NAME        the records of routes that are gone after a reboot, as these are
//   STORE/routes/NAME  those of routes that persist; what is restored at boot
//   new/NAME, STORE/new/NAME  records of the batch under way, to be moved to routes/ once it is kept
//   undo  what takes that batch back: `NUMBER STEP` a line, the last first; empty between batches. The inverse of a step
//         that failed begins with `#`
//   kept  it has been confirmed: new/ goes to routes/, and the files named in here go. Whole if its last line is `.`
//   gone  records in memory that are gone; whoever has the lock removes the files some time later, many at once
import { formatStep } from "./iproute2";
import { uninstallLines } from "./persistence/backends";
import { storeDirectory } from "./persistence/paths";
import { changedName, hostDirectory, type RecordChange, recordDirectory, recordName } from "./record";
import { formatRecord, maxRecordBytes } from "./record-text";
import { invertStep, type Step } from "./route";
import { quote } from "./shell-quote";

/** Functions that a shell has from its start. */
export const recordFunctions = [
  `store=${storeDirectory}`,
  // Takes the batch back that `undo` is about.
  "take_back() {",
  "while read -r number line; do",
  `case "$line" in '#'*) ;; *) printf '%s\n' "$line" ;; esac`,
  "done <undo | run_steps >/dev/null 2>&1",
  "discard",
  "}",
  // Marks, in place, the steps that $report says failed. A full disk has room for that.
  "mark_failed() {",
  "failed=' '",
  "while IFS= read -r line; do",
  `case "$line" in 'Command failed '*) failed="$failed\${line##*:} " ;; esac`,
  "done <<REPORT\n$report\nREPORT",
  "while read -r number line; do",
  `case "$failed" in *" $number "*) line="#\${line#?}" ;; esac`,
  `printf '%s %s\\n' "$number" "$line"`,
  "done <undo 1<>undo",
  "}",
  "discard() {",
  'rm -rf new "$store/new"',
  ": >undo",
  "}",
  // Reads what is to go with a batch that is kept; fails unless `kept` is whole.
  "read_kept() {",
  "last= names= stored=",
  "[ -s kept ] || return",
  "while read -r name; do",
  'last="$name"',
  '[ "$name" = . ] || list_gone "$name"',
  "done <kept",
  '[ "$last" = . ]',
  "}",
  "list_gone() {",
  'case "$1" in /*) stored="$stored $1" ;; *) names="$names$1\n" ;; esac',
  "}",
  // Lists a file, if it is there and its operation was not dropped.
  "name_gone() {",
  `case "$dropped" in *" \${1##*/} "*) return ;; esac`,
  '[ ! -e "$1" ] || list_gone "$1"',
  "}",
  // Finishes a batch that is kept, and what goes with it listed. May be done again from the start.
  "settle() {",
  `[ -z "$names" ] || printf '%s' "$names" 2>/dev/null >>gone || {`,
  // The disk is full. Half a name, which may have got there, is none.
  'while read -r name; do rm -f "$name"; done <gone',
  "rm -f $names && : >gone",
  "} || return 1",
  '[ -z "$stored" ] || rm -f $stored || return 1',
  "set -- new/*",
  '[ ! -f "$1" ] || mv -f "$@" routes/ || return 1',
  'set -- "$store"/new/*',
  '[ ! -f "$1" ] || { mv -f "$@" "$store/routes/" && stored=1; } || return 1',
  '[ -z "$stored" ] || sync "$store/routes"',
  ": >undo",
  ": >kept",
  "}",
  "remove_gone() {",
  "xargs rm -f <gone && : >gone",
  "}",
  // Removes what is not needed any more, as a holder of the lock does before it leaves.
  "leave() {",
  "end_ip",
  "end_watchdog",
  "[ ! -s gone ] || remove_gone",
  "if [ ! -s undo ] && [ ! -s kept ] && [ ! -s gone ]; then",
  "rm -f undo kept gone turn ending steps answers",
  'if [ -d "$store" ] && ! { rmdir "$store/new" "$store/routes"; [ -e "$store/routes" ]; } 2>/dev/null; then',
  "{",
  ...uninstallLines,
  "} >/dev/null 2>&1",
  "fi",
  "fi",
  `rmdir ${hostDirectory}/new ${hostDirectory}/routes ${hostDirectory} 2>/dev/null`,
  "}",
];

/** A run may have been killed with all that would have taken its change back, or before its records were in place. */
export const recoveryLines = [
  "if read_kept; then settle || give_up unsettled",
  "elif [ -s undo ]; then take_back",
  'elif [ -d new ] || [ -d "$store/new" ]; then discard',
  "fi",
  "[ ! -s kept ] || : >kept",
  "[ ! -s gone ] || remove_gone",
];

/** Which ownership records to print: those of these names, or every one there is. */
export type RecordSelection = readonly string[] | "all";

/** One byte more than a record can have, so that a longer one shows. */
const readBytes = maxRecordBytes + 1;

/** An empty file, printed before the records of each command that prints some of them. */
export const firstOfCommand = "/dev/null";

/** The store's first, whose records count where there are two of a route. */
const directories = [recordDirectory(true), recordDirectory(false)];

/**
 * Prints `==> PATH <==`, the text and a line end for each record, the line end left out where a command's output ends; before
 * them `@odd PATH` for what is no plain file, and `@gone NAME` for those in memory whose files are only still there.
 */
export function formatShowRecords(records: RecordSelection): string[] {
  const lines =
    records === "all"
      ? [
          "set --",
          `for folder in ${directories.join(" ")}; do [ ! -d $folder ] || set -- "$@" $folder/.; done`,
          "[ $# = 0 ] || {",
          `find "$@" ! -name . -prune ! -type f -exec printf '@odd %s\\n' {} \\;`,
          // One command line does not hold thousands of paths: what it begins with shows where the next one's output does.
          `find "$@" ! -name . -prune -type f -exec head -v -c ${readBytes} ${firstOfCommand} {} +`,
          "}",
        ]
      : [
          "found=",
          `for name in ${records.join(" ")}; do`,
          `for path in ${directories.map((directory) => `${directory}/$name`).join(" ")}; do`,
          'if [ -f "$path" ] && [ ! -L "$path" ]; then found="$found $path"',
          `elif [ -e "$path" ] || [ -L "$path" ]; then printf '@odd %s\\n' "$path"; fi`,
          "done",
          "done",
          `[ -z "$found" ] || head -v -c ${readBytes} $found`,
        ];
  return [
    ...[storeDirectory, ...directories].map((path) => `[ ! -L ${path} ] || give_up missing ${path}`),
    "printf '@records\\n'",
    `[ ! -s ${hostDirectory}/gone ] || sed 's:^routes/:@gone :' ${hostDirectory}/gone`,
    ...lines,
  ];
}

/** Nothing has been changed yet, so what cannot be written ends the batch. */
export function formatStage(
  steps: readonly Step[],
  records: readonly RecordChange[],
  applied: string,
): string[] {
  const undo = steps.map((step, index) => quote(`${index + 1} ${formatStep(invertStep(step))}`)).reverse();
  const written = records.flatMap((change) => (change.kind === "write" ? [change.record] : []));
  const stored = written.filter(({ persists }) => persists);
  return [
    "{",
    ...(written.length > stored.length ? [makeDirectories(["new", "routes"])] : []),
    ...(stored.length > 0 ? [makeDirectories(['"$store/new"', '"$store/routes"'])] : []),
    ...(written.length > 0 ? ["{ [ ! -s gone ] || remove_gone; } &&"] : []),
    ...written.map(
      (record) =>
        `printf '%s\\n' ${quote(formatRecord(record))} >${record.persists ? '"$store"/' : ""}new/${recordName(record.route)} &&`,
    ),
    undo.length === 0 ? ": >undo" : `printf '%s\\n' ${undo.join(" ")} >undo`,
    `} 2>/dev/null && begin_watchdog && start_ip || { discard; ${giveUpUnwritten(applied)}; }`,
  ];
}

function makeDirectories(paths: readonly string[]): string {
  return `{ { ${paths.map((path) => `[ -d ${path} ]`).join(" && ")}; } || mkdir -p ${paths.join(" ")}; } &&`;
}

function giveUpUnwritten(marker: string): string {
  return `printf '@unwritten\\n%s\\n' '${marker}'; exit 1`;
}

/**
 * Before the confirmation arrives: what is to outlast a power cut is on the disk, or the batch is taken back. A disk may
 * say only now that it is full.
 */
export function formatSync(records: readonly RecordChange[], done: string): string[] {
  if (!records.some((change) => change.kind === "write" && change.record.persists)) return [];
  return [`sync "$store"/new/* 2>/dev/null || { end_wait; take_back; ${giveUpUnwritten(done)}; }`];
}

/** Once `kept` is whole, the batch is kept: whoever has the lock next finishes it. */
export function formatKeep(records: readonly RecordChange[], done: string): string[] {
  const written = (persists: boolean) =>
    records.flatMap((change) =>
      change.kind === "write" && change.record.persists === persists ? [changedName(change)] : [],
    );
  const removed = records.filter(({ kind }) => kind === "remove").map(changedName);
  // What is written in one place must not stay in the other.
  const [inMemory, stored] = [
    [...removed, ...written(true)],
    [...removed, ...written(false)],
  ];
  return [
    `dropped=\${answer#confirm * }`,
    `dropped=" \${dropped%.}"`,
    'for name in $dropped; do rm -f "new/$name" "$store/new/$name"; done',
    "names= stored=",
    `for name in ${inMemory.join(" ")}; do name_gone "routes/$name"; done`,
    `for name in ${stored.join(" ")}; do name_gone "$store/routes/$name"; done`,
    `printf '%s\\n' $names $stored . 2>/dev/null >kept || { : >kept; take_back; ${giveUpUnwritten(done)}; }`,
    "settle || exit 1",
  ];
}
