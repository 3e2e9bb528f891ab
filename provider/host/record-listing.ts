// The ownership records that a look has brought, by file name. They are parsed when they are asked for: a host may have
// ten thousand. Pure.
import {
  changedName,
  isExactly,
  isUnreadable,
  type OwnershipRecord,
  type RecordChange,
  recordDirectory,
  recordName,
  type UnreadableRecord,
} from "./record";
import { firstOfCommand } from "./record-script";
import { formatRecord, maxRecordBytes, parseRecord } from "./record-text";
import type { RouteKey } from "./route";

type Found = OwnershipRecord | UnreadableRecord;

interface RecordFile {
  readonly path: string;
  readonly text: string;
}

export class RecordListing {
  private readonly files = new Map<string, RecordFile>();
  private readonly parsed = new Map<string, Found | undefined>();
  private readonly coveredNames = new Set<string>();
  /** True when all records that the host has are known. */
  isWhole = false;

  /**
   * Reads what the host printed (record-script.ts): `==> PATH <==` and the file's text, for each; before them `@odd PATH` for
   * what is no plain file, and `@gone NAME` for what is printed from memory and yet gone. `asked` is what was
   * asked for: what was not printed of it is not there. Of two records of a route, the one on the disk counts.
   */
  static parse(text: string, asked: readonly string[] | "all"): RecordListing {
    const listing = new RecordListing();
    if (asked === "all") listing.isWhole = true;
    else for (const name of asked) listing.parsed.set(name, undefined);
    const whole = text.replaceAll(`==> ${firstOfCommand} <==\n`, "");
    const [before = "", ...sections] = whole.split(/^==> /m);
    const gone = new Set([...before.matchAll(/^@gone (\S+)$/gm)].map(([, name = ""]) => name));
    const files = sections.flatMap((section) => {
      const end = section.indexOf(" <==\n");
      return end < 0
        ? []
        : [{ path: tidy(section.slice(0, end)), text: section.slice(end + 5).replace(/\n$/, "") }];
    });
    const inMemory = files.filter(({ path }) => !isOnDisk(path) && !gone.has(nameOf(path)));
    for (const file of [...inMemory, ...files.filter(({ path }) => isOnDisk(path))])
      listing.putFile(nameOf(file.path), file);
    for (const [, printed = ""] of before.matchAll(/^@odd (\S+)$/gm)) {
      const path = tidy(printed);
      listing.put(nameOf(path), { path, problem: "is no plain file" });
    }
    return listing;
  }

  /** True when it is known whether there is a record of this name. */
  knows(name: string): boolean {
    return this.isWhole || this.files.has(name) || this.parsed.has(name);
  }

  find(key: RouteKey): Found | undefined {
    return this.findByName(recordName(key));
  }

  /** True when there is exactly this record, told without parsing. */
  has(record: OwnershipRecord): boolean {
    const name = recordName(record.route);
    const file = this.files.get(name);
    if (file) return isOnDisk(file.path) === record.persists && file.text === `${formatRecord(record)}\n`;
    return isExactly(this.parsed.get(name), record);
  }

  /** All that there is, by file name, in no order. */
  entries(): [name: string, found: Found][] {
    for (const [name, file] of [...this.files]) this.put(name, parseFile(name, file));
    return [...this.parsed].flatMap(([name, found]) => (found ? [[name, found]] : []));
  }

  /** Those of what is answered by a larger route alone. */
  covered(): OwnershipRecord[] {
    return [...this.coveredNames].flatMap((name) => {
      const found = this.findByName(name);
      return found && !isUnreadable(found) ? [found] : [];
    });
  }

  /** Takes over what another, newer look has brought. */
  add(newer: RecordListing): void {
    if (newer.isWhole) this.isWhole = true;
    for (const [name, file] of newer.files) this.putFile(name, file);
    for (const [name, found] of newer.parsed) this.put(name, found);
  }

  /** What a change that was kept has made of it. */
  apply(change: RecordChange): void {
    this.put(changedName(change), change.kind === "write" ? change.record : undefined);
  }

  private findByName(name: string): Found | undefined {
    const file = this.files.get(name);
    if (file) this.put(name, parseFile(name, file));
    return this.parsed.get(name);
  }

  private put(name: string, found: Found | undefined): void {
    this.files.delete(name);
    this.parsed.set(name, found);
    this.noteCovered(name, found !== undefined && !isUnreadable(found) && found.hold.kind === "covered");
  }

  private putFile(name: string, file: RecordFile): void {
    this.parsed.delete(name);
    this.files.set(name, file);
    // Told without parsing, since most are not.
    this.noteCovered(name, file.text.includes("\ncovered "));
  }

  private noteCovered(name: string, isCovered: boolean): void {
    if (isCovered) this.coveredNames.add(name);
    else this.coveredNames.delete(name);
  }
}

/** find(1) prints a path that begins as it was told to look. */
function tidy(path: string): string {
  return path.replace("/./", "/");
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function isOnDisk(path: string): boolean {
  return path.startsWith(`${recordDirectory(true)}/`);
}

function parseFile(name: string, { path, text }: RecordFile): Found {
  if (text.length > maxRecordBytes) return { path, problem: `is larger than ${maxRecordBytes} bytes` };
  const found = parseRecord(name, text, isOnDisk(path));
  return "problem" in found ? { path, ...found } : found;
}
