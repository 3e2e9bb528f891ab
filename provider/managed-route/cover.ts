// Larger local routes by which addresses are answered that have none of their own. Pure.
import {
  firstAddress,
  formatPrefix,
  holdsPrefix,
  isPrefixProblem,
  type Prefix,
  parsePrefix,
  prefixOf,
} from "../../net/prefix";
import { AnyIPError } from "../errors";
import type { Observation, ObservedTable, RoutePlan } from "../host/host";
import { isOtherMachine } from "../host/record";
import { isLocalRoute, type LocalRoute, type ObservedLocalRoute } from "../host/route";
import { describeRoute } from "./conflicts";
import type { DesiredRoute } from "./desired";

const known = new WeakMap<ObservedTable, Map<string, ObservedLocalRoute | undefined>>();

/** A local route that holds all of the prefix; the smallest, of several. Of the whole family's none is looked for. */
export function findCover(table: ObservedTable, prefix: Prefix): ObservedLocalRoute | undefined {
  const covers = known.get(table) ?? new Map<string, ObservedLocalRoute | undefined>();
  known.set(table, covers);
  const text = formatPrefix(prefix);
  if (!covers.has(text)) covers.set(text, searchCovers(table, prefix)[0]);
  return covers.get(text);
}

/** True when the prefix needs no route of its own: its pool has one. */
export function isCovered({ choice }: Pick<DesiredRoute, "choice">, table: ObservedTable): boolean {
  return choice !== undefined && findCover(table, choice.pool) !== undefined;
}

function searchCovers(table: ObservedTable, prefix: Prefix): ObservedLocalRoute[] {
  return listAround(prefix).flatMap((text) => table.find(text).filter(isLocalRoute));
}

// Every batch shows a new table, and is asked about the same few pools.
const textsAround = new WeakMap<Prefix, readonly string[]>();

/** The texts of all prefixes that hold this one, the longest first. */
function listAround(prefix: Prefix): readonly string[] {
  const known = textsAround.get(prefix);
  if (known) return known;
  const texts: string[] = [];
  for (let length = prefix.length; length > 0; length--)
    texts.push(formatPrefix(prefixOf(firstAddress(prefix), length)));
  textsAround.set(prefix, texts);
  return texts;
}

/**
 * The plan, unless it takes a route away by which addresses are answered that have none of their own.
 *
 * @throws AnyIPError ROUTE_IN_USE
 */
export function requireUnused<Result>(plan: RoutePlan<Result>, observed: Observation): RoutePlan<Result> {
  if (plan.step?.kind !== "delete") return plan;
  const { route } = plan.step;
  const { table, machineId } = observed;
  const outer = read(route.prefix);
  const owners = observed.listCovered().flatMap((record) => {
    if (record.route.table !== route.table || isOtherMachine(record.machineId, machineId)) return [];
    const inner = read(record.route.prefix);
    return holdsPrefix(outer, inner) && !isCoveredByAnother(table, inner, route) ? [record.owner] : [];
  });
  if (owners.length > 0) throw explainInUse(route, owners);
  return plan;
}

function isCoveredByAnother(table: ObservedTable, inner: Prefix, route: LocalRoute): boolean {
  return searchCovers(table, inner).some(
    ({ prefix, metric }) => prefix !== route.prefix || metric !== route.metric,
  );
}

function explainInUse(route: LocalRoute, owners: readonly string[]): AnyIPError {
  const named = owners.slice(0, 3).join(", ");
  const more = owners.length > 3 ? ` and ${owners.length - 3} more` : "";
  return new AnyIPError(
    "ROUTE_IN_USE",
    `the route ${describeRoute(route)} is what ${owners.length} allocated ${owners.length === 1 ? "address is" : "addresses are"} ` +
      `answered by: ${named}${more} (project/stack/resource). Delete these first. Where they are of the same program, let their ` +
      "`pool` be the route's output `prefix`, so that Pulumi knows the order",
  );
}

function read(text: string): Prefix {
  const prefix = parsePrefix(text);
  if (isPrefixProblem(prefix)) throw new Error(`${text} ${prefix.problem}`);
  return prefix;
}
