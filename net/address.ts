// Addresses of both families as a family and an exact integer. The only file that imports ip-address.
import { Address4, Address6 } from "ip-address";

export type Family = "ipv4" | "ipv6";

/** One IP address: `value` is the whole address as an unsigned integer of 32 or 128 bits. */
export interface Address {
  readonly family: Family;
  readonly value: bigint;
}

/** Bits in an address of the family: 32 or 128. */
export function addressBits(family: Family): number {
  return family === "ipv4" ? 32 : 128;
}

// What either family may be written with; keeps Unicode digits, zone ids, spaces and masks out of the parser.
const addressCharacters = /^[0-9a-fA-F:.]{2,45}$/;

/**
 * Reads an address: dotted quad without leading zeros (RFC 6943 §3.1.1), or any text form of RFC 4291 §2.2.
 * Zone ids, prefix lengths and surrounding space are not part of an address.
 *
 * @returns undefined when the text is not an address.
 */
export function parseAddress(text: string): Address | undefined {
  if (!addressCharacters.test(text)) return undefined;
  try {
    return text.includes(":")
      ? { family: "ipv6", value: new Address6(text).bigInt() }
      : { family: "ipv4", value: new Address4(text).bigInt() };
  } catch {
    return undefined;
  }
}

/** Writes an address: dotted quad, or RFC 5952 (lower case, longest run of zeros shortened, no dotted tail). */
export function formatAddress(address: Address): string {
  return address.family === "ipv4"
    ? Address4.fromBigInt(address.value).correctForm()
    : Address6.fromBigInt(address.value).correctForm();
}
