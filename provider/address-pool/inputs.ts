// Raw inputs of an AddressPool → their canonical form and what is wrong with them. Pure; the engine's `check`.
import { explainRequest } from "../../net/allocation/request";
import { formatPrefix, type Prefix } from "../../net/prefix";
import { type CheckFailure, Fields, isRecord, isUnknown } from "../check/fields";
import {
  type KeptOut,
  type OpenPool,
  openPool,
  readExclude,
  readKeptOut,
  readPool,
  readPrefixLength,
  readQuarantine,
  readSecret,
} from "../check/pool-fields";
import type { RawInputs } from "../check/raw-inputs";
import { type DesiredName, readNames, type Strategy } from "./names";

/** What became of the inputs. Beside them in a state, and where `check` has foreseen it, it is none of them. */
export const outcomeNames: readonly string[] = [
  "results",
  "total",
  "used",
  "free",
  "largestFreePrefix",
  "released",
];

/** What an AddressPool asks for. */
export interface DesiredPool extends OpenPool {
  /** In ascending order of the names. */
  readonly names: readonly DesiredName[];
  /** How a name that has nothing yet gets it; undefined: as is usual for its length. */
  readonly strategy: Strategy | undefined;
  readonly secret: string | undefined;
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

/** True where any part of a value is only known later. */
function holdsUnknown(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(holdsUnknown);
  return isRecord(value) ? Object.values(value).some(holdsUnknown) : isUnknown(value);
}
