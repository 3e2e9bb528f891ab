// The shell text that keeps ownership records: a batch puts them ready, and they go to their place when it is kept. All
// paths are below the lock's directory, which is the shell's own. Pure; POSIX sh.
//   routes/NAME  the ownership records, one for each managed route
//   new/NAME     records of the batch under way, to be moved to routes/ once it is kept
//   undo         what takes that batch back: `NUMBER STEP` a line, the last first
//   kept         it has been confirmed: new/ goes to routes/, and the names in here are to be removed from there
import { formatStep } from "./iproute2";
import { changedName, type RecordChange, recordName } from "./record";
import { formatRecord, maxRecordBytes } from "./record-text";
import { invertStep, type Step } from "./route";
import { quote } from "./shell-quote";

/** Takes the batch back that `undo` is about, but for its steps that failed. */
export const takeBackLines = [
  "take_back() {",
  "while read -r number line; do",
  `case "$failed" in *" $number "*) ;; *) printf '%s\n' "$line" ;; esac`,
  "done <undo | run_steps >/dev/null 2>&1",
  "rm -rf new undo",
  "}",
];

/** Finishes a batch that is kept. May be done again from the start. */
export const settleLines = [
  "settle() {",
  "gone=",
  'while read -r name; do gone="$gone routes/$name"; done <kept',
  "for name in new/*; do",
  '[ ! -f "$name" ] || { mv -f new/* routes/; break; }',
  "done",
  // In this order, `kept` last.
  "rm -f $gone undo kept",
  "}",
];

/** Which ownership records to print: those of these names, or every one there is. */
export type RecordSelection = readonly string[] | "all";

/** One byte more than a record can have, so that a longer one shows. */
const readBytes = maxRecordBytes + 1;

/** Prints `==> NAME <==` and the text of each record; `@odd NAME` for what is no plain file. */
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
    "{ [ -d new ] && [ -d routes ]; } || mkdir -p new routes &&",
    ...written.map(
      (record) => `printf '%s\\n' ${quote(formatRecord(record))} >new/${recordName(record.route)} &&`,
    ),
    undo.length === 0 ? ": >undo" : `printf '%s\\n' ${undo.join(" ")} >undo`,
    `} 2>/dev/null || { rm -rf new undo; printf '@unwritten\\n%s\\n' '${applied}'; exit 1; }`,
  ];
}

/** From the line that makes `kept` on, the batch is kept: whoever has the lock next finishes it. */
export function formatKeep(records: readonly RecordChange[]): string[] {
  const removed = records.filter(({ kind }) => kind === "remove").map(changedName);
  return [
    `dropped=\${answer#confirm * }`,
    `dropped=" \${dropped%.}"`,
    'for name in $dropped; do rm -f "new/$name"; done',
    `for name in ${removed.join(" ")}; do`,
    `case "$dropped" in *" $name "*) ;; *) printf '%s\\n' "$name" ;; esac`,
    "done >kept",
    "settle",
  ];
}
