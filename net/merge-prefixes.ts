// The fewest prefixes that hold the same addresses as others do.
import { addressBits } from "./address";
import { comparePrefixes, holdsPrefix, type Prefix } from "./prefix";

/**
 * The shortest list of prefixes that holds exactly the addresses of those given: IPv4 first, then by address. There is only
 * one such list, whatever the order of what is given.
 */
export function mergePrefixes(prefixes: Iterable<Prefix>): Prefix[] {
  const merged: Prefix[] = [];
  // A prefix comes after all that could hold it, so only the last one kept can.
  for (const prefix of [...prefixes].sort(comparePrefixes)) {
    const last = merged.at(-1);
    if (last && holdsPrefix(last, prefix)) continue;
    let whole = prefix;
    for (let half = merged.at(-1); half && areHalves(half, whole); half = merged.at(-1)) {
      merged.pop();
      whole = { ...half, length: half.length - 1 };
    }
    merged.push(whole);
  }
  return merged;
}

/** True when the two, in this order, are the halves of one prefix. */
function areHalves(lower: Prefix, upper: Prefix): boolean {
  if (lower.family !== upper.family || lower.length !== upper.length || lower.length === 0) return false;
  const upperBit = 1n << BigInt(addressBits(lower.family) - lower.length);
  return (lower.network & upperBit) === 0n && upper.network === lower.network + upperBit;
}
