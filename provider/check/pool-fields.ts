// The inputs that all have who hand out parts of a pool. Pure.
import { PrefixTree } from "../../net/allocation/prefix-tree";
import { explainLength, parseBlock, parseExclusion } from "../../net/allocation/request";
import { nothingReserved, reservedRanges } from "../../net/allocation/reserved";
import { formatPrefix, isPrefixProblem, overlaps, type Prefix, parsePrefix } from "../../net/prefix";
import { durationExpected, parseDuration } from "./duration";
import { type Fields, isUnknown } from "./fields";

/** Blocks that are not handed out, and why not, in words that follow "is taken: ". */
export interface KeptOut {
  readonly blocks: readonly Prefix[];
  readonly by: string;
}

/** A pool as it is before anybody has anything of it. */
export interface OpenPool {
  readonly pool: Prefix;
  readonly keptOut: readonly KeptOut[];
  readonly includeReserved: boolean;
}

/** What is taken of it: what is kept out. */
export function openPool({ pool, includeReserved, keptOut }: OpenPool): PrefixTree {
  const taken = new PrefixTree(pool, includeReserved ? nothingReserved(pool) : reservedRanges(pool));
  for (const { blocks, by } of keptOut) for (const block of blocks) taken.insert(block, by);
  return taken;
}

// A thousand resources have the same few pools. Equal ones get the same object, whose text is then known.
const knownPools = new Map<string, Prefix>();
const maxKnownPools = 10_000;

/** @param explain what else is wrong with a prefix as a pool, in words that continue "the pool …" */
export function readPool(
  fields: Fields,
  explain: (pool: Prefix) => string | undefined = () => undefined,
): Prefix | undefined {
  fields.require("pool", "2001:db8:100::/64");
  const text = fields.value("pool");
  if (text === undefined) return undefined;
  if (typeof text !== "string") return fields.fail("pool", "must be a text such as 2001:db8:100::/64");
  const pool = knownPools.get(text) ?? parsePrefix(text);
  if (isPrefixProblem(pool)) return fields.fail("pool", pool.problem);
  if (knownPools.size < maxKnownPools) knownPools.set(text, pool);
  const problem = explain(pool);
  return problem === undefined ? pool : fields.fail("pool", problem);
}

export function readPrefixLength(fields: Fields, pool: Prefix | undefined): number | undefined {
  const length = fields.integer("prefixLength", 0, 128);
  const problem = pool && length !== undefined ? explainLength(pool, length) : undefined;
  return problem === undefined ? length : fields.fail("prefixLength", problem);
}

/** A certain block that is asked for, by the property `request`. */
export function readRequest(fields: Fields): Prefix | undefined {
  const text = fields.value("request");
  if (text === undefined) return undefined;
  const block = typeof text === "string" ? parseBlock(text) : { problem: "must be an address or a prefix" };
  return isPrefixProblem(block) ? fields.fail("request", block.problem) : block;
}

/** Failures name a path, because the engine prints what was given for a property at the top. */
export function readSecret(fields: Fields, strategy: string | undefined): string | undefined {
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

export function readExclude(fields: Fields, pool: Prefix | undefined): KeptOut[] {
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

/** An entry that lies beside the pool is more likely a slip than meant. */
export function readKeptOut(
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

/** Seconds; 0 where nothing is asked for. */
export function readQuarantine(fields: Fields): number {
  const text = fields.value("quarantine");
  if (text === undefined) return 0;
  const seconds = typeof text === "string" ? parseDuration(text) : undefined;
  return seconds ?? fields.fail("quarantine", `must be ${durationExpected}`) ?? 0;
}
