// The names of an AddressPool: a list whose entries are a name, or a name with what it wants of its own. Pure.
import { addressBits } from "../../net/address";
import { explainKey, explainLength, formatBlock } from "../../net/allocation/request";
import type { Prefix } from "../../net/prefix";
import { type CheckFailure, Fields, isRecord, isUnknown } from "../check/fields";
import { readRequest } from "../check/pool-fields";

export type Strategy = "keyed" | "random" | "nextFree" | "sparse";

/** A name and what it shall get. */
export interface DesiredName {
  readonly name: string;
  readonly length: number;
  /** This block and no other. */
  readonly request: Prefix | undefined;
  /** The entry as the program wrote it, such as `names[3]`. */
  readonly property: string;
  /** The entry as it is stored. */
  readonly canonical: unknown;
}

/** What is the same for all names. */
export interface NameDefaults {
  readonly pool: Prefix | undefined;
  readonly prefixLength: number | undefined;
  readonly strategy: Strategy | undefined;
}

/** The names in ascending order; undefined while any is unknown or wrong. A list, so that a name that is there twice shows. */
export function readNames(fields: Fields, defaults: NameDefaults): readonly DesiredName[] | undefined {
  fields.require("names", '["shop.example", { name: "web1", prefixLength: 64 }]');
  const list = fields.value("names");
  if (list === undefined) return undefined;
  if (!Array.isArray(list)) return fields.fail("names", "must be a list of names");
  const { failures } = fields;
  const before = failures.length;
  const entries = list.map((entry, index) => readEntry(entry, `names[${index}]`, failures));
  refuseLookalikes(entries, failures);
  const names = entries.map((entry) => entry && completeEntry(entry, defaults));
  const complete = names.filter((name) => name !== undefined);
  if (failures.length > before || complete.length < list.length) return undefined;
  return complete.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** An entry by itself. */
interface Entry {
  readonly fields: Fields;
  readonly name: string;
  readonly property: string;
  readonly ownLength: number | undefined;
  readonly request: Prefix | undefined;
}

function readEntry(entry: unknown, property: string, failures: CheckFailure[]): Entry | undefined {
  if (isUnknown(entry)) return undefined;
  if (typeof entry !== "string" && !isRecord(entry)) {
    failures.push({
      property,
      reason: 'must be a name, or an object such as { name: "web1", prefixLength: 64 }',
    });
    return undefined;
  }
  const fields = new Fields(isRecord(entry) ? entry : { name: entry }, `${property}.`, failures);
  fields.require("name", "shop.example");
  const name = readName(fields);
  const ownLength = fields.integer("prefixLength", 0, 128);
  const request = readRequest(fields);
  fields.rejectOthers();
  return name === undefined ? undefined : { fields, name, property, ownLength, request };
}

function completeEntry(
  { fields, name, property, ownLength, request }: Entry,
  { pool, prefixLength, strategy }: NameDefaults,
): DesiredName | undefined {
  if (!pool) return undefined;
  const bits = addressBits(pool.family);
  const length = ownLength ?? request?.length ?? prefixLength ?? bits;
  const problem = ownLength === undefined ? undefined : explainLength(pool, length);
  if (problem !== undefined) return fields.fail("prefixLength", problem);
  if (strategy === "sparse" && length === bits && !request) {
    return fields.fail(
      "prefixLength",
      `is missing: strategy "sparse" spreads blocks that can grow; for single addresses take "keyed", "random" or "nextFree"`,
    );
  }
  const canonical = {
    name,
    ...(ownLength === undefined ? {} : { prefixLength: ownLength }),
    ...(request ? { request: formatBlock(request) } : {}),
  };
  const isPlain = ownLength === undefined && !request;
  return { name, length, request, property, canonical: isPlain ? name : canonical };
}

function readName(fields: Fields): string | undefined {
  const name = fields.value("name");
  if (name === undefined) return undefined;
  if (typeof name !== "string") return fields.fail("name", "must be a text");
  // As a property of an object, which the results are, it would be lost.
  const problem = name === "__proto__" ? "is __proto__, which cannot be one" : explainKey(name);
  return problem === undefined ? name : fields.fail("name", problem);
}

/** Names that a person, or DNS, would take for one. */
function refuseLookalikes(entries: readonly (Entry | undefined)[], failures: CheckFailure[]): void {
  const seen = new Map<string, Entry>();
  for (const entry of entries) {
    if (!entry) continue;
    const form = entry.name.normalize("NFKC").toLowerCase();
    const other = seen.get(form);
    seen.set(form, other ?? entry);
    if (!other) continue;
    const reason =
      other.name === entry.name
        ? `${entry.name} is there twice: ${other.property} is the same`
        : `${entry.name} differs from ${other.property}, ${other.name}, only in case or Unicode form`;
    failures.push({ property: entry.property, reason });
  }
}
