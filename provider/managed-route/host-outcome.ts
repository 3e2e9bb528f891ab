// What the CRUD of all resources that bind a prefix makes of a host's answers.
import { AnyIPError } from "../errors";
import type { ObservedTable } from "../host/host";
import type { HostAccess } from "../host-access";
import type { DesiredRoute } from "./desired";
import { explainAbsence, findRecorded } from "./plan";
import type { RecordedRoute, StateExtras } from "./recorded";

/** undefined where the host cannot be reached and the program says that it is gone for good. */
export async function unlessGone<T>(
  changed: Promise<T>,
  { onHostGone }: Pick<DesiredRoute, "onHostGone">,
): Promise<T | undefined> {
  try {
    return await changed;
  } catch (error) {
    const isGone = error instanceof AnyIPError && error.code === "HOST_UNREACHABLE";
    if (isGone && onHostGone === "forget") return undefined;
    throw error;
  }
}

/** What a look at the host says of a recorded route; undefined when it is gone or has become another resource's. */
export async function observeRecorded(
  recorded: RecordedRoute,
  id: string,
  access: HostAccess,
): Promise<StateExtras | undefined> {
  const observed = await access.host.observe(recorded.route);
  const found = findRecorded(recorded, id, observed);
  if (!found) return undefined;
  const { origin, persistence } = recorded;
  return withHostKey({ origin, persistence, found, machineId: observed.machineId }, access);
}

/** The part of an operation that looks whether the route is as asked for. */
export function verifying<Result>(
  verify: boolean,
  read: (result: Result) => { readonly desired: DesiredRoute; readonly extras: StateExtras },
): { verify?(observed: ObservedTable, result: Result): string | undefined } {
  if (!verify) return {};
  return {
    verify(observed, result) {
      const { desired, extras } = read(result);
      return explainAbsence(desired, extras.found ?? {}, observed);
    },
  };
}

/** Pins the key that acceptNew accepted, so that the next run accepts no other. */
export function withHostKey(extras: StateExtras, access: HostAccess): StateExtras {
  const acceptedHostKey = access.acceptedHostKey();
  return acceptedHostKey === undefined ? extras : { ...extras, acceptedHostKey };
}
