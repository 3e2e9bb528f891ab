// The shell text that keeps ownership records: a batch puts them ready, and they go to their place when it is kept.
// Relative paths are below the lock's directory, which is the shell's own. Pure; POSIX sh.
//   routes/NAME  the ownership records, one for each managed route
//   new/NAME     records of the batch under way, to be moved to routes/ once it is kept
//   undo         what takes that batch back: `NUMBER STEP` a line, the last first; empty between batches
//   kept         it has been confirmed: new/ goes to routes/, and what is named in here is gone. Whole if its last line is `.`
//   gone         records that are gone; whoever has the lock removes the files some time later, many at once
import { formatStep } from "./iproute2";
import { changedName, type RecordChange, recordName } from "./record";
import { formatRecord, maxRecordBytes } from "./record-text";
import { invertStep, type Step } from "./route";
import { quote } from "./shell-quote";

/** Functions that a shell has from its start. */
export const recordFunctions = [
  // Takes the batch back that `undo` is about, but for its steps that failed.
  "take_back() {",
  "while read -r number line; do",
  `case "$failed" in *" $number "*) ;; *) printf '%s\n' "$line" ;; esac`,
  "done <undo | ip -force -batch - >/dev/null 2>&1",
  "discard",
  "}",
  "discard() {",
  "rm -rf new",
  ": >undo",
  "}",
  "is_kept() {",
  "last=",
  '[ ! -s kept ] || while read -r line; do last="$line"; done <kept',
  '[ "$last" = . ]',
  "}",
  // Finishes a batch that is kept. May be done again from the start.
  "settle() {",
  "names=",
  "while read -r name; do",
  '[ "$name" = . ] || names="$names$name\n"',
  "done <kept",
  `[ -z "$names" ] || printf '%s' "$names" >>gone || return 1`,
  "set -- new/*",
  '[ ! -f "$1" ] || mv -f "$@" routes/ || return 1',
  ": >undo",
  ": >kept",
  "}",
  "remove_gone() {",
  "xargs rm -f <gone && : >gone",
  "}",
];

/** Removes what may be empty now, as a holder of the lock does before it leaves. */
export function formatLeave(lockDirectory: string): string[] {
  return [
    "leave() {",
    "[ ! -s gone ] || remove_gone",
    "[ -s undo ] || [ -s kept ] || [ -s gone ] || rm -f undo kept gone",
    `rmdir ${lockDirectory}/new ${lockDirectory}/routes ${lockDirectory} 2>/dev/null`,
    "}",
  ];
}

/** A run may have been killed with all that would have taken its change back, or before its records were in place. */
export const recoveryLines = [
  "failed=' '",
  "if is_kept; then settle || give_up unsettled",
  "elif [ -s undo ]; then take_back",
  "elif [ -d new ]; then discard",
  "fi",
  "[ ! -s kept ] || : >kept",
  "[ ! -s gone ] || remove_gone",
];

/** Which ownership records to print: those of these names, or every one there is. */
export type RecordSelection = readonly string[] | "all";

/** One byte more than a record can have, so that a longer one shows. */
const readBytes = maxRecordBytes + 1;

/**
 * Prints `==> NAME <==` and the text of each record; before them `@odd NAME` for what is no plain file, and `@gone NAME`
 * for those whose files are only still there.
 */
export function formatShowRecords(lockDirectory: string, records: RecordSelection): string[] {
  const directory = `${lockDirectory}/routes`;
  const lines =
    records === "all"
      ? [
          "find . ! -name . -prune ! -type f -exec printf '@odd %s\\n' {} \\;",
          `find . ! -name . -prune -type f -exec head -v -c ${readBytes} {} +`,
        ]
      : [
          "found=",
          `for name in ${records.join(" ")}; do`,
          'if [ -f "$name" ] && [ ! -L "$name" ]; then found="$found $name"',
          `elif [ -e "$name" ] || [ -L "$name" ]; then printf '@odd %s\\n' "$name"; fi`,
          "done",
          `[ -z "$found" ] || head -v -c ${readBytes} $found`,
        ];
  return [
    `[ ! -L ${directory} ] || give_up missing ${directory}`,
    "printf '@records\\n'",
    `(cd ${directory} 2>/dev/null || exit 0`,
    "[ ! -s ../gone ] || sed 's:^routes/:@gone :' ../gone",
    ...lines,
    ")",
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
  return [
    "{",
    ...(written.length === 0
      ? []
      : [
          "{ { [ -d new ] && [ -d routes ]; } || mkdir -p new routes; } &&",
          "{ [ ! -s gone ] || remove_gone; } &&",
        ]),
    ...written.map(
      (record) => `printf '%s\\n' ${quote(formatRecord(record))} >new/${recordName(record.route)} &&`,
    ),
    undo.length === 0 ? ": >undo" : `printf '%s\\n' ${undo.join(" ")} >undo`,
    `} 2>/dev/null || { discard; printf '@unwritten\\n%s\\n' '${applied}'; exit 1; }`,
  ];
}

/** Once `kept` is whole, the batch is kept: whoever has the lock next finishes it. */
export function formatKeep(records: readonly RecordChange[], done: string): string[] {
  const removed = records.filter(({ kind }) => kind === "remove").map(changedName);
  return [
    `dropped=\${answer#confirm * }`,
    `dropped=" \${dropped%.}"`,
    'for name in $dropped; do rm -f "new/$name"; done',
    "names=",
    `for name in ${removed.join(" ")}; do`,
    `case "$dropped" in *" $name "*) ;; *) names="\${names}routes/$name\n" ;; esac`,
    "done",
    `printf '%s.\\n' "$names" 2>/dev/null >kept || { : >kept; take_back; printf '@unwritten\\n%s\\n' '${done}'; exit 1; }`,
    "settle || exit 1",
  ];
}
