// Refuses to add a route that would cut its host off, or that would be silently dead. Pure; the rules are guard.ts's.
import { describeHop } from "../connection/spec";
import { AnyIPError } from "../errors";
import { findRisks, type Risk } from "../host/guard";
import type { Observation, RoutePlan } from "../host/host";
import type { DesiredRoute } from "./desired";

/**
 * The plan, if it may be carried out. Only a step that adds is looked at: a route that is there already has shown that
 * the host can live with it.
 *
 * @throws AnyIPError LOCKOUT_RISK, PREFIX_ON_LINK
 */
export function requireSafe<Result>(
  plan: RoutePlan<Result>,
  desired: DesiredRoute,
  { surroundings }: Observation,
): RoutePlan<Result> {
  if (plan.step?.kind !== "add") return plan;
  const jumpHosts = desired.connection.proxies.map(({ host }) => host);
  const risks = findRisks(plan.step.route, surroundings, jumpHosts, desired.allowUnsafe);
  if (risks.length > 0) throw refuse(desired, risks);
  return plan;
}

function refuse({ connection, route, allowUnsafe }: DesiredRoute, risks: readonly Risk[]): AnyIPError {
  const host = describeHop(connection);
  const dead = risks.filter(({ reason }) => reason === "onLink");
  const dangers = risks.filter(({ reason }) => reason !== "onLink");
  const allowed = [...allowUnsafe, ...risks.map(({ reason }) => reason)].map((reason) => `"${reason}"`);
  const message = [
    `${host}: nothing was changed: local route ${route.prefix} table ${route.table} must not be added.`,
    ...dangers.map(({ found }) => `The prefix ${found}.`),
    ...(dangers.length > 0 ? [dangerLesson] : []),
    ...dead.map(({ found }) => `The prefix ${found}. ${deadLesson}`),
    `To add the route all the same: allowUnsafe: [${allowed.join(", ")}]`,
  ].join(" ");
  return new AnyIPError(dangers.length > 0 ? "LOCKOUT_RISK" : "PREFIX_ON_LINK", message, { facts: { host } });
}

const dangerLesson =
  "The host would deliver what it sends there to itself and reach nobody. " +
  "Give a prefix that holds none of these addresses.";

const deadLesson =
  "There Linux answers Neighbour Solicitations for configured and proxied addresses only, so the route would be silently " +
  "dead. Have the prefix routed to the host (on its router, a route via one of the host's addresses); wait for " +
  "neighborDiscovery, which this version does not have yet; or give a prefix that is not on-link. If it is routed to the " +
  "host already, and only looks on-link because the host's own address has this length, take the risk.";
