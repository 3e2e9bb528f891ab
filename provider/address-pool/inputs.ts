// Raw inputs of an AddressPool → their canonical form and what is wrong with them. Pure; the engine's `check`.
import { PrefixTree } from "../../net/allocation/prefix-tree";
import { explainLength, explainRequest, parseExclusion } from "../../net/allocation/request";
import { nothingReserved, reservedRanges } from "../../net/allocation/reserved";
import { formatPrefix, isPrefixProblem, overlaps, type Prefix, parsePrefix } from "../../net/prefix";
import { durationExpected, parseDuration } from "../check/duration";
import { type CheckFailure, Fields, isRecord, isUnknown } from "../check/fields";
import { type DesiredName, readNames, type Strategy } from "./names";

/** Inputs as they are stored: canonical text, only what was given. */
export type RawInputs = Readonly<Record<string, unknown>>;

/** What became of the inputs. Beside them in a state, and where `check` has foreseen it, it is none of them. */
export const outcomeNames: readonly string[] = [
  "results",
  "total",
  "used",
  "free",
  "largestFreePrefix",
  "released",
];

/** Blocks that are not handed out, and why not, in words that follow "is taken: ". */
export interface KeptOut {
  readonly blocks: readonly Prefix[];
  readonly by: string;
}

/** What an AddressPool asks for. */
export interface DesiredPool {
  readonly pool: Prefix;
  /** In ascending order of the names. */
  readonly names: readonly DesiredName[];
  /** How a name that has nothing yet gets it; undefined: as is usual for its length. */
  readonly strategy: Strategy | undefined;
  readonly secret: string | undefined;
  readonly keptOut: readonly KeptOut[];
  readonly includeReserved: boolean;
  /** How long nobody else gets what a name had; 0: not at all. */
  readonly quarantineSeconds: number;
}

export interface CheckedInputs {
  readonly inputs: RawInputs;
  readonly failures: readonly CheckFailure[];
  /** Present when everything is known and nothing is wrong. */
  readonly desired: DesiredPool | undefined;
}

/** Validates, explains and canonicalises. Unknown values, as they come at preview, are passed through. */
export function checkInputs(raw: RawInputs): CheckedInputs {
  const failures: CheckFailure[] = [];
  const fields = new Fields(raw, "", failures);
  const pool = readPool(fields);
  const prefixLength = readPrefixLength(fields, pool);
  const strategy = fields.choice("strategy", ["keyed", "random", "nextFree", "sparse"]);
  const secret = readSecret(fields, strategy);
  const exclude = readExclude(fields, pool);
  const reserve = readReserve(fields, pool);
  const includeReserved = fields.boolean("includeReserved") ?? false;
  const quarantineSeconds = readQuarantine(fields);
  const names = readNames(fields, { pool, prefixLength, strategy });
  fields.rejectOthers(["__provider", ...outcomeNames]);

  const given = Object.fromEntries(Object.entries(raw).filter(([name]) => !outcomeNames.includes(name)));
  const inputs = {
    ...given,
    ...(pool ? { pool: formatPrefix(pool) } : {}),
    ...(names ? { names: names.map(({ canonical }) => canonical) } : {}),
  };
  const isComplete = failures.length === 0 && !holdsUnknown(given);
  if (!isComplete || !pool || !names) return { inputs, failures, desired: undefined };
  const keptOut = [...exclude, ...reserve];
  const desired: DesiredPool = {
    pool,
    names,
    strategy,
    secret,
    keptOut,
    includeReserved,
    quarantineSeconds,
  };
  const refused = refuseRequests(desired);
  return refused.length > 0
    ? { inputs, failures: refused, desired: undefined }
    : { inputs, failures, desired };
}

/** What is kept out of a pool before anybody has anything of it. */
export function openPool({ pool, includeReserved, keptOut }: DesiredPool): PrefixTree {
  const taken = new PrefixTree(pool, includeReserved ? nothingReserved(pool) : reservedRanges(pool));
  for (const { blocks, by } of keptOut) for (const block of blocks) taken.insert(block, by);
  return taken;
}

/** Requests that could not be had even if nobody had anything else. */
function refuseRequests(desired: DesiredPool): CheckFailure[] {
  const taken = openPool(desired);
  const failures: CheckFailure[] = [];
  for (const { name, length, request, property } of desired.names) {
    if (!request) continue;
    const reason = explainRequest(request, length, taken);
    if (reason === undefined) taken.insert(request, `${name} asks for it`);
    else failures.push({ property: `${property}.request`, reason });
  }
  return failures;
}

function readPool(fields: Fields): Prefix | undefined {
  fields.require("pool", "2001:db8:100::/64");
  const text = fields.value("pool");
  if (text === undefined) return undefined;
  if (typeof text !== "string") return fields.fail("pool", "must be a text such as 2001:db8:100::/64");
  const pool = parsePrefix(text);
  return isPrefixProblem(pool) ? fields.fail("pool", pool.problem) : pool;
}

function readPrefixLength(fields: Fields, pool: Prefix | undefined): number | undefined {
  const length = fields.integer("prefixLength", 0, 128);
  const problem = pool && length !== undefined ? explainLength(pool, length) : undefined;
  return problem === undefined ? length : fields.fail("prefixLength", problem);
}

/** Failures name a path, because the engine prints what was given for a property at the top. */
function readSecret(fields: Fields, strategy: Strategy | undefined): string | undefined {
  const secret = fields.value("secret");
  const fail = (reason: string) => {
    fields.failures.push({ property: "secret.text", reason });
    return undefined;
  };
  if (secret === undefined) return undefined;
  if (typeof secret !== "string" || secret === "") return fail("must be a text that is not empty");
  if (strategy !== undefined && strategy !== "keyed") {
    return fail(`is for strategy "keyed" only; with "${strategy}" nothing depends on it`);
  }
  return secret;
}

function readExclude(fields: Fields, pool: Prefix | undefined): KeptOut[] {
  const list = fields.value("exclude");
  if (list === undefined) return [];
  if (!Array.isArray(list)) {
    fields.fail("exclude", "must be a list of addresses, prefixes or ranges FIRST-LAST");
    return [];
  }
  return list.flatMap((entry, index) =>
    readKeptOut(fields, `exclude[${index}]`, entry, pool, "exclude leaves it out"),
  );
}

function readReserve(fields: Fields, pool: Prefix | undefined): KeptOut[] {
  const labels = fields.value("reserve");
  if (labels === undefined) return [];
  if (!isRecord(labels)) {
    fields.fail("reserve", 'must be an object such as { router: "2001:db8:100::1" }');
    return [];
  }
  return Object.entries(labels).flatMap(([label, entry]) =>
    readKeptOut(fields, `reserve.${label}`, entry, pool, `reserve has it for ${label}`),
  );
}

/** An entry that lies beside the pool is more likely a slip than meant. */
function readKeptOut(
  fields: Fields,
  property: string,
  entry: unknown,
  pool: Prefix | undefined,
  by: string,
): KeptOut[] {
  if (isUnknown(entry)) return [];
  const fail = (reason: string) => {
    const given =
      typeof entry === "string" && entry.length <= 100 ? ` (given: ${JSON.stringify(entry)})` : "";
    fields.failures.push({ property, reason: reason + given });
    return [];
  };
  if (typeof entry !== "string") return fail("must be an address, a prefix or a range FIRST-LAST");
  const blocks = parseExclusion(entry);
  if ("problem" in blocks) return fail(blocks.problem);
  if (pool && !blocks.some((block) => overlaps(pool, block)))
    return fail(`is not in the pool ${formatPrefix(pool)}`);
  return [{ blocks, by }];
}

function readQuarantine(fields: Fields): number {
  const text = fields.value("quarantine");
  if (text === undefined) return 0;
  const seconds = typeof text === "string" ? parseDuration(text) : undefined;
  return seconds ?? fields.fail("quarantine", `must be ${durationExpected}`) ?? 0;
}

/** True where any part of a value is only known later. */
function holdsUnknown(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(holdsUnknown);
  return isRecord(value) ? Object.values(value).some(holdsUnknown) : isUnknown(value);
}
