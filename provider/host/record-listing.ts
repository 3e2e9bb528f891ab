// The ownership records that a look has brought, by file name. They are parsed when they are asked for: a host may have
// ten thousand. Pure.
import {
  changedName,
  type OwnershipRecord,
  type RecordChange,
  recordName,
  type UnreadableRecord,
} from "./record";
import { maxRecordBytes, parseRecord } from "./record-text";
import type { RouteKey } from "./route";

type Found = OwnershipRecord | UnreadableRecord;

export class RecordListing {
  private readonly texts = new Map<string, string>();
  private readonly parsed = new Map<string, Found | undefined>();
  private isWhole = false;

  /**
   * Reads what the host printed: `==> NAME <==` and the file's text with one more line end, for each; before them
   * `@odd NAME` for what is no plain file, and `@gone NAME` for what is printed and yet gone. `asked` is what was asked
   * for: what was not printed of it is not there.
   */
  static parse(text: string, asked: readonly string[] | "all"): RecordListing {
    const listing = new RecordListing();
    if (asked === "all") listing.isWhole = true;
    else for (const name of asked) listing.parsed.set(name, undefined);
    const [before = "", ...files] = text.split(/^==> /m);
    for (const [, name = ""] of before.matchAll(/^@odd (?:\.\/)?(\S+)$/gm))
      listing.put(name, { problem: "is no plain file" });
    const gone = new Set([...before.matchAll(/^@gone (\S+)$/gm)].map(([, name = ""]) => name));
    for (const file of files) {
      const end = file.indexOf(" <==\n");
      const name = file.slice(0, end).replace(/^\.\//, "");
      if (end < 0 || gone.has(name)) continue;
      listing.parsed.delete(name);
      listing.texts.set(name, file.slice(end + 5).replace(/\n$/, ""));
    }
    return listing;
  }

  /** True when it is known whether there is a record of this name. */
  knows(name: string): boolean {
    return this.isWhole || this.texts.has(name) || this.parsed.has(name);
  }

  find(key: RouteKey): Found | undefined {
    const name = recordName(key);
    const text = this.texts.get(name);
    if (text !== undefined) {
      this.texts.delete(name);
      this.put(name, parseText(name, text));
    }
    return this.parsed.get(name);
  }

  /** All that there is, by file name, in no order. */
  entries(): [name: string, found: Found][] {
    for (const [name, text] of [...this.texts]) this.put(name, parseText(name, text));
    return [...this.parsed].flatMap(([name, found]) => (found ? [[name, found]] : []));
  }

  /** Takes over what another, newer look has brought. */
  add(newer: RecordListing): void {
    if (newer.isWhole) this.isWhole = true;
    for (const [name, text] of newer.texts) {
      this.parsed.delete(name);
      this.texts.set(name, text);
    }
    for (const [name, found] of newer.parsed) this.put(name, found);
  }

  /** What a change that was kept has made of it. */
  apply(change: RecordChange): void {
    this.put(changedName(change), change.kind === "write" ? change.record : undefined);
  }

  private put(name: string, found: Found | undefined): void {
    this.texts.delete(name);
    this.parsed.set(name, found);
  }
}

function parseText(name: string, text: string): Found {
  if (text.length > maxRecordBytes) return { problem: `is larger than ${maxRecordBytes} bytes` };
  return parseRecord(name, text);
}
