// What the parts of a batch answer: the tables they list, and the words by which they give up. Pure.
import { AnyIPError } from "../errors";
import type { Dialect } from "./dialect";
import { lockTimeoutSeconds, type ObservedTable, type TableName } from "./host";
import { type BackendName, backendNames, storeDirectory } from "./persistence/paths";
import { hostDirectory } from "./record";

/** The backends of which the answer has a line `@WORD NAME`. */
export function readBackends(word: "runs" | "installed", text: string): BackendName[] {
  return backendNames.filter((name) => new RegExp(`^@${word} ${name}$`, "m").test(text));
}

/** What comes before the records, and the records. */
export function splitRecords(text: string): [before: string, records: string] {
  const found = /^@records\n/m.exec(text);
  return found ? [text.slice(0, found.index), text.slice(found.index + found[0].length)] : [text, ""];
}

/** @throws AnyIPError HOST_UNSUPPORTED where records could not be put ready: nothing has been changed, or it was taken back */
export function requireWritten(label: string, text: string): void {
  if (/^@unwritten$/m.test(text)) throw explainDisk(label, "the ownership records cannot be written under");
}

/**
 * Reads `@table I`, the listing, `@exit N` for each table.
 *
 * @throws AnyIPError what `@missing WHAT`, `@unsettled` and `@busy` mean, which may be there instead
 */
export function readTables(
  label: string,
  text: string,
  tables: readonly TableName[],
  dialect: Dialect,
): ObservedTable[] {
  const missing = /^@missing (.*)$/m.exec(text);
  if (missing) {
    const what = missing[1] ?? "";
    const message = what.startsWith("/")
      ? `${label}: cannot use the directory ${what} for the lock; root must be able to make it, and nothing else may be there`
      : `${label}: no \`${what}\` in PATH or /usr/sbin:/sbin; install ${what === "ip" ? "iproute2" : "util-linux"}`;
    throw new AnyIPError("HOST_UNSUPPORTED", message, { facts: { host: label } });
  }
  if (/^@unsettled$/m.test(text)) {
    throw explainDisk(
      label,
      "the ownership records of a change that was kept cannot be moved to their place in",
    );
  }
  if (/^@busy$/m.test(text)) {
    const message = `${label}: another run has held the lock for ${lockTimeoutSeconds} s; let it finish and run again`;
    throw new AnyIPError("HOST_BUSY", message, { retryable: true, facts: { host: label } });
  }
  return tables.map((name, index) => {
    const start = text.indexOf(`@table ${index}\n`);
    const end = text.indexOf("\n@exit ", start);
    const listing = start < 0 || end < 0 ? undefined : text.slice(text.indexOf("\n", start) + 1, end + 1);
    const exitCode = /^\n@exit ([0-9]+)$/m.exec(text.slice(end))?.[1];
    if (listing === undefined || !isUsableListing(listing, exitCode)) {
      const output = (listing ?? text).slice(0, 500);
      const message = `${label}: could not list table ${name.table} of ${name.family}: ${output}`;
      throw new AnyIPError("UNEXPECTED_OUTPUT", message, { facts: { host: label, output } });
    }
    return dialect.parseTable(listing, name);
  });
}

/** A table that nothing was ever put into does not exist, which `ip` calls an error and we call empty. */
function isUsableListing(listing: string, exitCode: string | undefined): boolean {
  return exitCode === "0" || /FIB table does not exist/.test(listing);
}

function explainDisk(label: string, what: string): AnyIPError {
  const message = `${label}: ${what} ${hostDirectory} or ${storeDirectory}; is /run or /etc full or read-only?`;
  return new AnyIPError("HOST_UNSUPPORTED", message, { facts: { host: label } });
}
