// Picks the addresses of a prefix to look at.
import { randomBytes } from "node:crypto";
import { formatAddress } from "../../dist/net/address.js";
import { countAddresses, firstAddress, lastAddress, parsePrefix } from "../../dist/net/prefix.js";

/** An address out of the middle: neither the first nor the last. */
export function randomAddress(text) {
  const prefix = parsePrefix(text);
  const random = BigInt(`0x${randomBytes(24).toString("hex")}`);
  const offset = 1n + (random % (countAddresses(prefix) - 2n));
  return formatAddress({ family: prefix.family, value: prefix.network + offset });
}

/** The first, the last and `count` different random ones between them. */
export function sampleAddresses(text, count) {
  const prefix = parsePrefix(text);
  const random = new Set();
  while (random.size < count) random.add(randomAddress(text));
  return [formatAddress(firstAddress(prefix)), formatAddress(lastAddress(prefix)), ...random];
}
