// Finds the process 1 of a booted host: a new one after every boot.

import { findChild, findChildren, type ProcessId } from "../processes";

/** The newest process 1 below this keeper, or undefined between two boots. */
export function findBootedInit(keeper: ProcessId): ProcessId | undefined {
  // The keeper's children are the boot loop, with `unshare` as its child, and one that only waits.
  const unshare = findChildren(keeper.pid)
    .map(({ pid }) => findChild(pid))
    .find((child) => child !== undefined);
  return unshare && findChild(unshare.pid);
}
