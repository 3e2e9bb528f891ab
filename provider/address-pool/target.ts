// What becomes of what a name has, before anybody else is looked at. Pure.
import { formatBlock } from "../../net/allocation/request";
import { firstAddress, holdsPrefix, type Prefix, prefixOf } from "../../net/prefix";
import type { DesiredName } from "./names";

export type Target =
  /** It has nothing, and asks for no certain block. */
  | { readonly kind: "new" }
  /** What it has, or a part of that. */
  | { readonly kind: "kept"; readonly block: Prefix }
  /** A block of which it does not have all yet; `explain` puts what is in the way into a sentence. */
  | { readonly kind: "moved"; readonly block: Prefix; readonly explain: (reason: string) => string }
  | { readonly kind: "refused"; readonly reason: string };

export function findTarget({ length, request }: DesiredName, had: Prefix | undefined): Target {
  if (request) {
    return had && holdsPrefix(had, request)
      ? { kind: "kept", block: request }
      : { kind: "moved", block: request, explain: (reason) => reason };
  }
  if (!had) return { kind: "new" };
  if (length >= had.length) return { kind: "kept", block: { ...had, length } };
  const grown = prefixOf(firstAddress(had), length);
  const inPlace = `${formatBlock(had)} cannot grow to a /${length} where it is`;
  const otherwise = "give the block that it shall have by `request`, or a new name";
  if (grown.network !== had.network) {
    return {
      kind: "refused",
      reason: `${inPlace}: the /${length} there begins at ${formatBlock(grown)}; ${otherwise}`,
    };
  }
  return { kind: "moved", block: grown, explain: (reason) => `${inPlace}: ${reason}; ${otherwise}` };
}
