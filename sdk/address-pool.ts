// The AddressPool resource class. Nothing of provider/ is loaded here: the literal below names it for the engine.
import * as pulumi from "@pulumi/pulumi";

/** What an {@link AddressPool} is made from. */
export interface AddressPoolArgs {
  /**
   * The prefix to hand out, `2001:db8:100::/64` or `192.0.2.0/24`, without host bits. A larger or smaller one that still holds
   * what names have is an update in place; one that does not replaces, and all names get something else.
   */
  pool: pulumi.Input<string>;
  /**
   * Who gets something: names, or {@link PoolNameArgs} for those that want something of their own. The order does not matter. A
   * name that is there twice, or twice but for case or Unicode form, is refused; so is one that is empty, has control characters,
   * is not in Unicode's normal form C, or has more than 255 bytes in UTF-8. Names are not secret.
   */
  names: pulumi.Input<pulumi.Input<string | PoolNameArgs>[]>;
  /** What a name gets unless it says otherwise: a block of this length. Default: a single address. */
  prefixLength?: pulumi.Input<number>;
  /**
   * How a name that has nothing yet gets it. A change matters to new names only.
   *
   * - `keyed` (default for single addresses): from a hash of pool, name and {@link secret} (after RFC 7943); the same in every
   *   stack, where it is free
   * - `sparse` (default for blocks, and for blocks only): in the leftmost order of RFC 3531, so that each can grow
   * - `nextFree`: the lowest
   * - `random`: any, from a cryptographic source; not known at preview
   */
  strategy?: pulumi.Input<"keyed" | "random" | "nextFree" | "sparse">;
  /** For `keyed`: without it, who knows pool and names can compute the addresses. Stored as a secret. A change matters to new names only. */
  secret?: pulumi.Input<string>;
  /**
   * Addresses, prefixes and ranges (`192.0.2.1-192.0.2.9`) that are not handed out. What a name has already it keeps, and a warning
   * says so.
   */
  exclude?: pulumi.Input<pulumi.Input<string>[]>;
  /** The same by label, for what somebody else has: `{ router: "192.0.2.1" }`. Messages say whose it is. */
  reserve?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /**
   * Hand out all addresses; default false. By default single addresses leave out: in IPv6 pools, of each /64, the Subnet-Router
   * anycast address (RFC 4291 §2.6.1), IANA's Ethernet block (RFC 5453) and the subnet anycast addresses (RFC 2526), and of a
   * pool from /65 to /126 its lowest address; in IPv4 pools to /30 the first and the last.
   */
  includeReserved?: pulumi.Input<boolean>;
  /**
   * How long nobody else gets what a name had after it has gone, `24h` or `7d`; default not at all. The name itself gets it
   * back in that time. At preview, results of later changes are then not known.
   */
  quarantine?: pulumi.Input<string>;
}

/** A name of an {@link AddressPool} that wants something of its own. */
export interface PoolNameArgs {
  name: pulumi.Input<string>;
  /**
   * Length of the block. A shorter one grows what the name has where it is, a longer one gives back the rest of it; if the block
   * cannot grow there, the update fails and says what is in the way (BLOCK_TAKEN).
   */
  prefixLength?: pulumi.Input<number>;
  /** This address, or this prefix, or a failure (BLOCK_TAKEN). A name that has another one moves. */
  request?: pulumi.Input<string>;
}

/** A block in quarantine. */
export interface ReleasedBlock {
  /** Who had it. */
  readonly name: string;
  readonly block: string;
  /** ISO 8601, UTC. */
  readonly releasedAt: string;
}

// The wire contract of a dynamic resource; see sdk/anyip-route.ts.
const providerLiteral = 'exports.handler=()=>require("pulumi-anyip/provider").addressPool';

/**
 * An address or a sub-prefix out of a pool for each of many names: unique, and the same for as long as the name is there, whatever
 * becomes of its neighbours. It is on no host; Pulumi's state is all there is. A pool that has too little fails with
 * POOL_EXHAUSTED, and nobody gets anything.
 */
export class AddressPool extends pulumi.CustomResource {
  /** Canonical CIDR text (RFC 5952). */
  declare readonly pool: pulumi.Output<string>;
  /** By name, an address, or a prefix where the block is longer than one. */
  declare readonly results: pulumi.Output<Readonly<Record<string, string>>>;
  /** Addresses of the pool, as decimal digits: up to 2^128 does not fit a number. */
  declare readonly total: pulumi.Output<string>;
  /** Addresses that names have, that are in quarantine, or that `exclude` and `reserve` keep out; as decimal digits. */
  declare readonly used: pulumi.Output<string>;
  /** All others, those that single addresses leave out among them; as decimal digits. */
  declare readonly free: pulumi.Output<string>;
  /** The largest block of which nothing is used; undefined when everything is. */
  declare readonly largestFreePrefix: pulumi.Output<string | undefined>;
  /** What was in quarantine after the last change. */
  declare readonly released: pulumi.Output<readonly ReleasedBlock[]>;

  constructor(name: string, args: AddressPoolArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "pulumi-nodejs:dynamic/anyip:AddressPool",
      name,
      {
        ...args,
        secret: args?.secret === undefined ? undefined : pulumi.secret(args.secret),
        results: undefined,
        total: undefined,
        used: undefined,
        free: undefined,
        largestFreePrefix: undefined,
        released: undefined,
        __provider: providerLiteral,
      },
      opts,
    );
    const value = this.results.apply(readRecordedResults);
    Object.defineProperty(this, "results", { enumerable: true, value });
  }

  /** What a name has. The output fails for a name that is not in the pool. */
  resultOf(name: string): pulumi.Output<string> {
    return this.results.apply((results) => {
      const result = Object.hasOwn(results, name) ? results[name] : undefined;
      if (result === undefined) throw new Error(`${name} is none of the names of this AddressPool`);
      return result;
    });
  }
}

/** Recorded as one JSON text (encodeOutcome in provider/address-pool/state.ts); a program's own mocks may have an object. */
function readRecordedResults(
  recorded: Readonly<Record<string, string>> | string,
): Readonly<Record<string, string>> {
  return typeof recorded === "string" ? JSON.parse(recorded) : recorded;
}
