// Addresses and prefixes of both families for properties.
import fc from "fast-check";
import { type Address, addressBits, type Family } from "../../../net/address";
import { countAddresses, type Prefix } from "../../../net/prefix";

const anyFamily = fc.constantFrom<Family>("ipv4", "ipv6");

// Runs of zeros are what RFC 5952 is about, so hextets are often zero.
const anyHextet = fc.oneof(fc.constant(0), fc.constantFrom(1, 0xffff), fc.integer({ min: 0, max: 0xffff }));

export const anyIPv6Value: fc.Arbitrary<bigint> = fc
  .array(anyHextet, { minLength: 8, maxLength: 8 })
  .map((hextets) => hextets.reduce((value, hextet) => (value << 16n) | BigInt(hextet), 0n));

const anyIPv4Value = fc.bigInt({ min: 0n, max: 0xffffffffn });

export const anyAddress: fc.Arbitrary<Address> = anyFamily.chain((family) =>
  (family === "ipv4" ? anyIPv4Value : anyIPv6Value).map((value) => ({ family, value })),
);

export const anyPrefix: fc.Arbitrary<Prefix> = anyAddress.chain(({ family, value }) =>
  fc.integer({ min: 0, max: addressBits(family) }).map((length) => {
    const hostBits = BigInt(addressBits(family) - length);
    return { family, network: (value >> hostBits) << hostBits, length };
  }),
);

/** A prefix and the number of one of its addresses. */
export const anyPlace = anyPrefix.chain((prefix) =>
  fc.record({
    prefix: fc.constant(prefix),
    index: fc.bigInt({ min: 0n, max: countAddresses(prefix) - 1n }),
  }),
);
