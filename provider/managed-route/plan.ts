// What is to be done about one route: observed, desired and recorded in, a change or a refusal out. Pure.
import type { Observation, ObservedTable, RoutePlan } from "../host/host";
import {
  type Hold,
  isOtherMachine,
  isSameRecord,
  type OwnershipRecord,
  type RecordChange,
} from "../host/record";
import {
  hasKey,
  isLocalRoute,
  isSameLocalRoute,
  isSameRoute,
  type LocalRoute,
  type ObservedLocalRoute,
  type ObservedRoute,
  type RouteKey,
  type Step,
} from "../host/route";
import { describeRoute, explainConflict, explainDuplicate, explainStranger } from "./conflicts";
import { isCovered } from "./cover";
import type { DesiredRoute } from "./desired";
import { type Claimant, findHolder, type Holder, makeRecord } from "./holder";
import { choosePersistence, type Persistence } from "./persistence";
import { compareRoute, type FoundAttributes, type RecordedRoute, type StateExtras } from "./recorded";

type Extras = Pick<StateExtras, "origin" | "persistence" | "found" | "machineId">;

/**
 * Makes sure that the route is there. One that the host has on record for this resource, or for another of its stack, is
 * completed, whatever onExisting says: an earlier run died before its state was saved, or the resource has been renamed.
 * One that another resource of this run has (`isClaimed`), or another stack, is refused.
 */
export function planCreate(
  desired: DesiredRoute,
  id: string,
  observed: Observation,
  isClaimed: boolean,
): RoutePlan<Extras> {
  const { route, owner, onExisting } = desired;
  if (isClaimed) throw explainDuplicate(route);
  const holder = findHolder(observed, route, { owner, id });
  if (holder.standing === "stranger") throw explainStranger(route, holder.record);
  const present = findKey(observed.table, route);
  if (holder.standing !== "nobody") {
    const origin = onExisting === "takeOver" ? "created" : holder.record.origin;
    return keepPresent(origin, desired, id, observed, holder);
  }
  if (present) {
    if (!isLocalRoute(present) || !hasSameEffect(present, route)) throw explainConflict(route, present);
    if (onExisting === "fail") throw explainConflict(route, present, 'and onExisting is "fail"');
  }
  const origin = present && onExisting !== "takeOver" ? "adopted" : "created";
  return keepPresent(origin, desired, id, observed, holder);
}

/** Brings a recorded route to what is desired, without a moment in which it is missing. */
export function planUpdate(
  recorded: RecordedRoute,
  desired: DesiredRoute,
  id: string,
  observed: Observation,
): RoutePlan<Extras> {
  const { route } = desired;
  const isNamesake = (record: OwnershipRecord) => [desired.owner, recorded.owner].includes(record.owner);
  const holder = findHolder(observed, route, { owner: desired.owner, id });
  if (holder.standing === "stranger" || holder.standing === "sibling") {
    if (!isNamesake(holder.record)) throw explainStranger(route, holder.record);
  }
  return keepPresent(recorded.origin, desired, id, observed, holder);
}

/** True when what is desired is what is recorded, in all that the host knows of it. */
export function isSameOnHost(recorded: RecordedRoute, desired: DesiredRoute): boolean {
  return (
    recorded.owner === desired.owner &&
    recorded.connection.host === desired.connection.host &&
    recorded.persist === desired.persist &&
    isSameLocalRoute(recorded.route, desired.route)
  );
}

/** The route with its attributes as they are to be, added or replaced in place, and the record that says so. */
function keepPresent(
  originIfPresent: OwnershipRecord["origin"],
  desired: DesiredRoute,
  id: string,
  { table, machineId, persistence: facts }: Observation,
  holder: Holder,
): RoutePlan<Extras> {
  const { route } = desired;
  const found = findKey(table, route);
  if (found && !isLocalRoute(found)) throw explainConflict(route, found);
  const present = found && recallProtocol(found, holder);
  // Who puts an adopted route back that is gone has made it.
  const origin = present ? originIfPresent : "created";
  const keepsProtocol = keepsFoundProtocol({ origin }, desired);
  const protocol = (keepsProtocol ? present?.protocol : undefined) ?? route.protocol;
  const wanted = { ...route, protocol };
  const persistence = choosePersistence(desired.persist, facts);
  const isSame = present && isSameRoute(present, wanted) && (keepsProtocol || present.protocol !== undefined);
  const isHeldByCover = !present && isCovered(desired, table);
  const hold: Hold = { kind: isHeldByCover ? "covered" : "route" };
  const made = { origin, persistence, token: id, machineId, hold };
  const record = makeRecord({ ...desired, route: wanted }, made);
  const isOnRecord = holder.standing !== "nobody" && isSameRecord(holder.record, record);
  return {
    ...(isSame || isHeldByCover ? {} : { step: putInPlace(wanted, present) }),
    ...(isOnRecord ? {} : { record: { kind: "write", record } }),
    ...(persistence === "none" || facts.installed.includes(persistence) ? {} : { install: persistence }),
    result: { origin, persistence, machineId, found: compareRoute(route, wanted) },
  };
}

/**
 * Takes exactly the recorded route away, and only while it is still as recorded, here or on the host: a `del` that finds no
 * such route may take its neighbour (IPv4's metric 0 matches any metric, an unnamed source any source). A route that has
 * passed on to another resource, by the host's record or within this run (`isClaimed`), stays. With `releasedUntilSeconds` the
 * record stays, and says that nobody else gets the prefix before.
 */
export function planDelete<Result>(
  recorded: RecordedRoute,
  id: string,
  observed: Observation,
  isClaimed: boolean,
  result: Result,
  releasedUntilSeconds?: number,
): RoutePlan<Result> {
  const { route, actual, origin, owner } = recorded;
  const holder = findHolder(observed, route, { owner, id });
  const isSelf = holder.standing === "self";
  if (isClaimed || !(isSelf || isOursUnrecorded(recorded, id, observed))) return { result };
  const record = isSelf ? { record: giveUp(route, holder.record, releasedUntilSeconds) } : {};
  if (origin === "adopted") return { ...record, result };
  const present = [actual, ...(isSelf ? [holder.record.route] : [])].find((candidate) => {
    const found = findKey(observed.table, candidate);
    return found !== undefined && isSameRoute(recallProtocol(found, holder), candidate);
  });
  return { ...(present ? { step: { kind: "delete", route: present } } : {}), ...record, result };
}

function giveUp(
  key: RouteKey,
  record: OwnershipRecord,
  releasedUntilSeconds: number | undefined,
): RecordChange {
  if (releasedUntilSeconds === undefined) return { kind: "remove", key };
  const hold: Hold = { kind: "released", untilSeconds: releasedUntilSeconds };
  return { kind: "write", record: { ...record, hold } };
}

/** True for a route without a record that is, on the machine it was made on, exactly as it was last seen. */
function isOursUnrecorded(recorded: RecordedRoute, id: string, observed: Observation): boolean {
  const { actual, owner, machineId } = recorded;
  const present = findKey(observed.table, actual);
  return (
    findHolder(observed, actual, { owner, id }).standing === "nobody" &&
    !isOtherMachine(machineId, observed.machineId) &&
    present !== undefined &&
    isSameRoute(present, actual)
  );
}

/**
 * What a look at the host says of a recorded route: undefined when it is gone or has become another resource's, otherwise
 * how it differs from what was asked for. One that is gone while its record is there is missing only: the resource must stay
 * in the state to take the record away, and the host may be about to take an unconfirmed delete back. A route with our protocol that differs in the metric alone, and is nobody's
 * on record, is ours, altered by hand.
 */
export function findRecorded(
  recorded: RecordedRoute,
  id: string,
  observed: Observation,
): FoundAttributes | undefined {
  const { route, actual, owner } = recorded;
  const claimant = { owner, id };
  const holder = findHolder(observed, route, claimant);
  if (holder.standing === "stranger" || holder.standing === "sibling") return undefined;
  if (holder.standing === "nobody") {
    if (!isOursUnrecorded(recorded, id, observed) && !isCovered(recorded, observed.table)) return undefined;
    return { ...compareRoute(route, actual), record: "missing" };
  }
  const present = findKey(observed.table, actual) ?? findWithOtherMetric(observed, actual, claimant);
  const stored = {
    ...compareRecord(recorded, holder.record),
    ...comparePersistence(recorded, holder.record, observed),
  };
  if (present && isLocalRoute(present)) {
    const seen = { protocol: actual.protocol, ...recallProtocol(present, holder) };
    return { ...compareRoute(route, seen), ...stored };
  }
  if (holder.record.hold.kind === "covered" && isCovered(recorded, observed.table))
    return { ...compareRoute(route, actual), ...stored };
  return holder.standing === "self"
    ? { ...compareRoute(route, actual), ...stored, route: "missing" }
    : undefined;
}

/** What a record says is what would be restored at boot. */
function compareRecord(recorded: RecordedRoute, { route }: OwnershipRecord): FoundAttributes {
  const { protocol, ...rest } = compareRoute(recorded.route, route);
  const isAltered =
    Object.keys(rest).length > 0 || (protocol !== undefined && !keepsFoundProtocol(recorded, recorded));
  return isAltered ? { record: "altered" } : {};
}

/** A route that is to be restored at boot has its record on the disk, and is restored by what was chosen for it. */
export function comparePersistence(
  { persist, persistence }: Pick<RecordedRoute, "persist" | "persistence">,
  { persists }: OwnershipRecord,
  observed: Observation,
): FoundAttributes {
  if (persist === "none") return persists ? { persistence: "unasked" } : {};
  const isRestored = persists && isInstalled(persistence, observed);
  return isRestored ? {} : { persistence: "missing" };
}

function isInstalled(persistence: Persistence, { persistence: { installed } }: Observation): boolean {
  return installed.some((name) => name === persistence);
}

function findWithOtherMetric(
  observed: Observation,
  actual: LocalRoute,
  claimant: Claimant,
): ObservedRoute | undefined {
  return observed.table.find(actual.prefix).find(
    (other) =>
      isLocalRoute(other) &&
      // One that is not said may be ours; a delete names ours, so that the kernel leaves any other.
      (other.protocol ?? actual.protocol) === actual.protocol &&
      hasSameEffect(other, actual) &&
      findHolder(observed, other, claimant).standing === "nobody",
  );
}

/** An adopted route keeps the protocol it was found with until the program asks for one. */
export function keepsFoundProtocol({ origin }: Pick<StateExtras, "origin">, desired: DesiredRoute): boolean {
  return origin === "adopted" && !desired.wantsProtocol;
}

/** What is wrong with the table if the route should be there with these attributes. */
export function explainAbsence(
  desired: Pick<DesiredRoute, "route" | "choice">,
  found: FoundAttributes,
  observed: ObservedTable,
): string | undefined {
  const { route } = desired;
  const present = findKey(observed, route);
  if (!present && isCovered(desired, observed)) return undefined;
  if (!present) return `the route ${describeRoute(route)} is not there; something on the host has removed it`;
  const { protocol = route.protocol } = found;
  if (isSameRoute(present, { ...route, protocol })) return undefined;
  return `the route is ${describeRoute(present)} instead of ${describeRoute(route)}; something on the host has changed it`;
}

/** `ip route append` can make several routes of one key; the one that is the same in everything is meant then. */
function findKey(observed: ObservedTable, wanted: LocalRoute): ObservedRoute | undefined {
  const withKey = observed.find(wanted.prefix).filter((route) => hasKey(route, wanted));
  return withKey.find((route) => isSameRoute(route, wanted)) ?? withKey[0];
}

/** The protocol only says who installed a route; device and source are what it does. */
function hasSameEffect(present: ObservedRoute, route: LocalRoute): boolean {
  return present.device === route.device && present.source === route.source;
}

/**
 * With its protocol as the host has it on record, where the host does not say it otherwise. A record of a route that was
 * there before is no proof: the protocol in it may have been unknown then, too.
 */
function recallProtocol<Route extends ObservedRoute>(found: Route, holder: Holder): Route {
  if (holder.standing === "nobody" || holder.record.origin !== "created") return found;
  return { protocol: holder.record.route.protocol, ...found };
}

/** What `ip` gives a route that is added without a protocol, `boot`. */
const usualProtocol = 3;

function putInPlace(route: LocalRoute, present: ObservedLocalRoute | undefined): Step {
  if (!present) return { kind: "add", route };
  return { kind: "replace", route, before: { protocol: usualProtocol, ...present } };
}
