// Raw inputs of an AddressAllocation → their canonical form and what is wrong with them. Pure; the engine's `check`.
import { addressBits } from "../../net/address";
import { keyedCandidate } from "../../net/allocation/keyed-candidate";
import { explainKey, explainRequest, formatBlock } from "../../net/allocation/request";
import { explainUnbindable } from "../../net/bindable";
import { formatPrefix, type Prefix } from "../../net/prefix";
import type { CheckFailure, Fields } from "../check/fields";
import {
  type OpenPool,
  openPool,
  readExclude,
  readPool,
  readPrefixLength,
  readQuarantine,
  readRequest,
  readSecret,
} from "../check/pool-fields";
import type { RawInputs } from "../check/raw-inputs";
import { type RouteOptions, readRouteInputs } from "../managed-route/route-inputs";

export type Strategy = "keyed" | "random" | "nextFree";

/** What is to be chosen out of which pool. */
export interface Choice extends OpenPool {
  /** Of what is chosen; that of an address for a single one. */
  readonly length: number;
  readonly strategy: Strategy;
  /** For whom: one who asks again in the time of quarantine gets the same. */
  readonly key: string;
  readonly secret: string | undefined;
  /** Nothing else will do. */
  readonly request: Prefix | undefined;
  /** What a key does whose place is taken: get another, or fail. */
  readonly onCollision: "next" | "fail";
  /** How long nobody else gets it once it is released; 0: not at all. */
  readonly quarantineSeconds: number;
}

export interface DesiredAllocation {
  readonly choice: Choice;
  readonly options: RouteOptions;
}

export interface CheckedInputs {
  readonly inputs: RawInputs;
  readonly failures: readonly CheckFailure[];
  /** Present when everything is known and nothing is wrong. */
  readonly desired: DesiredAllocation | undefined;
}

/** What the inputs say of the choice; the key, unless given, follows from the owner. */
interface Target extends Omit<Choice, "key"> {
  readonly family: Prefix["family"];
  readonly key: string | undefined;
}

/**
 * Validates, explains and canonicalises. Unknown values, as they come at preview, are passed through. Where the prefix follows from
 * the inputs alone, it is among them, so that a preview shows it.
 */
export function checkInputs(raw: RawInputs): CheckedInputs {
  const { prefix: _foreseen, ...given } = raw;
  const { inputs: read, failures: found, target, options } = readRouteInputs(given, readTarget);
  const failures = [...found];
  const inputs = { ...read, ...(target ? canonicalTarget(given, target) : {}) };
  if (!target || !options || failures.length > 0) return { inputs, failures, desired: undefined };
  const key = target.key ?? nameOf(options.owner);
  const problem = target.key === undefined ? explainKey(key) : undefined;
  if (problem !== undefined) {
    const reason = `is the resource's name unless it is given, and this one ${problem}`;
    return { inputs, failures: [{ property: "key", reason }], desired: undefined };
  }
  const choice: Choice = { ...target, key };
  const foreseen = foresee(choice);
  if (typeof foreseen === "string")
    return { inputs, failures: [{ property: "request", reason: foreseen }], desired: undefined };
  return {
    inputs: { ...inputs, ...(foreseen ? { prefix: formatPrefix(foreseen) } : {}) },
    failures,
    desired: { choice, options },
  };
}

/** The prefix, if nothing that is only known later has a say in it; or why it cannot be had. */
function foresee(choice: Choice): Prefix | string | undefined {
  const { request, length } = choice;
  if (request) return explainRequest(request, length, openPool(choice)) ?? request;
  return onlyChoice(choice);
}

/** The one prefix that will do, where there is only one. */
export function onlyChoice(choice: Choice): Prefix | undefined {
  const { pool, length, key, secret, strategy, onCollision, request } = choice;
  if (request) return request;
  if (strategy !== "keyed" || onCollision === "next") return undefined;
  return keyedCandidate({ pool, length, key, secret, counter: 0 });
}

/** The name of a resource may have slashes of its own. */
function nameOf(owner: string): string {
  return owner.split("/").slice(2).join("/");
}

function canonicalTarget(given: RawInputs, { pool, request }: Target): RawInputs {
  return {
    pool: formatPrefix(pool),
    ...(given.request !== undefined && request ? { request: formatBlock(request) } : {}),
  };
}

function readTarget(fields: Fields): Target | undefined {
  const pool = readPool(fields, explainUnbindable);
  const length = readPrefixLength(fields, pool);
  const strategy = fields.choice("strategy", ["keyed", "random", "nextFree"]);
  const key = readKey(fields);
  const secret = readSecret(fields, strategy);
  const request = readOnlyRequest(fields, strategy);
  const onCollision = readOnCollision(fields, strategy);
  const exclude = readExclude(fields, pool);
  const includeReserved = fields.boolean("includeReserved") ?? false;
  const quarantineSeconds = readQuarantine(fields);
  if (!pool) return undefined;
  return {
    family: pool.family,
    pool,
    length: length ?? addressBits(pool.family),
    strategy: strategy ?? "keyed",
    key,
    secret,
    request,
    onCollision,
    keptOut: exclude,
    includeReserved,
    quarantineSeconds,
  };
}

function readKey(fields: Fields): string | undefined {
  const key = fields.value("key");
  if (key === undefined) return undefined;
  if (typeof key !== "string") return fields.fail("key", "must be a text such as shop.example");
  const problem = explainKey(key);
  return problem === undefined ? key : fields.fail("key", problem);
}

function readOnlyRequest(fields: Fields, strategy: Strategy | undefined): Prefix | undefined {
  if (strategy === undefined || fields.value("request") === undefined) return readRequest(fields);
  return fields.fail("request", `and strategy "${strategy}" exclude each other; drop one of them`);
}

function readOnCollision(fields: Fields, strategy: Strategy | undefined): "next" | "fail" {
  const onCollision = fields.choice("onCollision", ["next", "fail"]);
  const isOther = strategy !== undefined && strategy !== "keyed";
  if (onCollision !== undefined && (isOther || fields.value("request") !== undefined))
    fields.fail("onCollision", 'is for strategy "keyed" only, where a key has its place; drop it');
  return onCollision ?? "next";
}
