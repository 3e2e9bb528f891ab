// The inputs by which a program says what it wants to risk. Pure; what a risk is, guard.ts knows.
import { type Fields, isUnknown } from "../check/fields";
import { type UnsafeReason, unsafeReasons } from "../host/guard";

/** The reasons that are lifted; undefined when they are not known yet, or wrong. */
export function readAllowUnsafe(fields: Fields): readonly UnsafeReason[] | undefined {
  const value = fields.value("allowUnsafe");
  if (value === undefined) return fields.isUnknown("allowUnsafe") ? undefined : [];
  const known = unsafeReasons.map((reason) => `"${reason}"`).join(", ");
  if (!Array.isArray(value))
    return fields.fail("allowUnsafe", `must be a list of reasons; there are ${known}`);
  const reasons: UnsafeReason[] = [];
  let isKnown = true;
  for (const entry of value) {
    const reason = unsafeReasons.find((name) => name === entry);
    if (isUnknown(entry)) {
      isKnown = false;
    } else if (reason === undefined) {
      return fields.fail("allowUnsafe", `holds what is no reason; there are ${known}`);
    } else if (reasons.includes(reason)) {
      return fields.fail("allowUnsafe", `holds "${reason}" twice; once is enough`);
    } else {
      reasons.push(reason);
    }
  }
  return isKnown ? reasons : undefined;
}

/** For a property that has its name but no meaning yet. Call after rejectOthers, which would list it among those there are. */
export function refuseNeighborDiscovery(fields: Fields): void {
  if (fields.value("neighborDiscovery") === undefined) return;
  fields.fail(
    "neighborDiscovery",
    "is not there yet in this version; leave it out, and have the prefix routed to the host: " +
      "on its router, a route for the prefix via one of the host's addresses",
  );
}
