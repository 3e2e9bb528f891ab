// Choices on a model of a host: whoever comes and goes, in whatever order and however many at once.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressBits } from "../../../net/address";
import { keyedCandidate } from "../../../net/allocation/keyed-candidate";
import {
  formatPrefix,
  holdsPrefix,
  isPrefixProblem,
  overlaps,
  type Prefix,
  parsePrefix,
} from "../../../net/prefix";
import { choosePrefix } from "../../../provider/address-allocation/choose";
import type { Choice } from "../../../provider/address-allocation/inputs";
import { describeHolder, Ledger } from "../../../provider/address-allocation/ledger";
import { bindChoice } from "../../../provider/address-allocation/state";
import type { RawInputs } from "../../../provider/check/raw-inputs";
import { AnyIPError } from "../../../provider/errors";
import { findRecorded, planCreate, planDelete } from "../../../provider/managed-route/plan";
import type { RecordedRoute } from "../../../provider/managed-route/recorded";
import { KernelTable, ModelHost } from "../managed-route/kernel-table";
import { requireDesired, validInputs } from "./valid-inputs";

const pool = "2001:db8:100::/122";
const now = 1_700_000_000;

interface Held {
  readonly inputs: RawInputs;
  readonly recorded: RecordedRoute;
  readonly id: string;
  readonly prefix: Prefix;
}

/** One allocation as the provider plans it; undefined when the pool is exhausted. */
function plan(inputs: RawInputs, id: string, host: ModelHost, ledger: Ledger) {
  const wanted = requireDesired(inputs);
  try {
    const { prefix } = choosePrefix(wanted.choice, wanted.options.owner, ledger, randomBits);
    const desired = bindChoice(wanted, prefix);
    ledger.take(prefix, describeHolder(desired));
    const made = planCreate(desired, id, host, false);
    const recorded: RecordedRoute = { ...desired, ...made.result, found: {}, actual: desired.route };
    return { made, held: { inputs, recorded, id, prefix } };
  } catch (error) {
    if (error instanceof AnyIPError && error.code === "POOL_EXHAUSTED") return undefined;
    throw error;
  }
}

let seed = 1n;
function randomBits(count: number): bigint {
  seed = (seed * 6364136223846793005n + 1442695040888963407n) % (1n << 64n);
  return BigInt.asUintN(count, seed * 0x9e3779b97f4a7c15f39cc0605cedc835n);
}

const anyInputs = fc
  .record({
    owner: fc
      .tuple(fc.constantFrom("shop/dev", "blog/dev"), fc.nat(40))
      .map(([stack, name]) => `${stack}/${name}`),
    strategy: fc.constantFrom("keyed", "random", "nextFree"),
    prefixLength: fc.constantFrom(128, 128, 128, 127, 125),
    includeReserved: fc.boolean(),
  })
  .map((some): RawInputs => ({ ...validInputs, pool, ...some }));

/** Some who come at once, or one who goes. */
const anyEvent = fc.oneof(
  fc
    .uniqueArray(anyInputs, { minLength: 1, maxLength: 8, selector: ({ owner }) => owner })
    .map((come) => ({ come })),
  fc.nat().map((goes) => ({ goes })),
);

describe("allocations", () => {
  it("lie in the pool and apart, and stay what they are, whoever comes and goes", () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 15 }), (events) => {
        let host = new ModelHost(new KernelTable([]));
        let held: Held[] = [];
        let count = 0;
        for (const event of events) {
          if ("come" in event) {
            const ledger = new Ledger(host, now);
            const planned = event.come
              .filter(({ owner }) => !held.some((one) => one.inputs.owner === owner))
              .map((inputs) => ({ inputs, outcome: plan(inputs, `anyip-${count++}`, host, ledger) }));
            for (const { inputs, outcome } of planned) {
              if (outcome) {
                host = host.apply(outcome.made);
                held = [...held, outcome.held];
              } else
                expect(new Ledger(host, now).takenOf(choiceOf(inputs)).freeCount(lengthOf(inputs))).toBe(0n);
            }
          } else if (held.length > 0) {
            const [gone] = held.splice(event.goes % held.length, 1);
            if (gone) host = host.apply(planDelete(gone.recorded, gone.id, host, false, undefined));
          }
          expectApart(held);
        }
        for (const one of held) expect(findRecorded(one.recorded, one.id, host)).toEqual({});
      }),
      { numRuns: 1000 },
    );
  });

  it("of a key are a function of the inputs alone, where it is free", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 30 }),
        fc.boolean(),
        (key, isSecret) => {
          const inputs = { ...validInputs, key, ...(isSecret ? { secret: key } : {}) };
          const { choice } = requireDesired(inputs);
          const { length, secret } = choice;
          const candidate = keyedCandidate({ pool: choice.pool, length, key, secret, counter: 0 });
          for (const owner of ["shop/dev/a", "blog/prod/b"]) {
            const host = plan(
              { ...inputs, owner },
              "anyip-1",
              new ModelHost(new KernelTable([])),
              emptyLedger(),
            );
            expect(host?.held.prefix).toEqual(candidate);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("go on with what is on record for the same stack, pool, key and length", () => {
    fc.assert(
      fc.property(anyInputs, (inputs) => {
        const host = new ModelHost(new KernelTable([]));
        const first = plan(inputs, "anyip-1", host, new Ledger(host, now));
        if (!first) throw new Error("an empty pool is exhausted");
        const after = host.apply(first.made);
        const again = plan(inputs, "anyip-2", after, new Ledger(after, now));
        expect(again?.held.prefix).toEqual(first.held.prefix);
        expect(again?.made).not.toHaveProperty("step");
        const others = { ...inputs, owner: "other/dev/x", key: requireDesired(inputs).choice.key };
        const other = plan(others, "anyip-3", after, new Ledger(after, now));
        expect(other && overlaps(other.held.prefix, first.held.prefix)).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });
});

function expectApart(held: readonly Held[]): void {
  const outer = read(pool);
  const sorted = held.map(({ prefix }) => prefix).sort((a, b) => (a.network < b.network ? -1 : 1));
  for (const [index, prefix] of sorted.entries()) {
    if (!holdsPrefix(outer, prefix)) throw new Error(`${formatPrefix(prefix)} is not in the pool`);
    const next = sorted[index + 1];
    if (next && overlaps(prefix, next))
      throw new Error(`${formatPrefix(prefix)} and ${formatPrefix(next)} overlap`);
  }
}

function emptyLedger(): Ledger {
  return new Ledger(new ModelHost(new KernelTable([])), now);
}

function choiceOf(inputs: RawInputs): Choice {
  return requireDesired(inputs).choice;
}

function lengthOf(inputs: RawInputs): number {
  return typeof inputs.prefixLength === "number" ? inputs.prefixLength : addressBits("ipv6");
}

function read(text: string): Prefix {
  const prefix = parsePrefix(text);
  if (isPrefixProblem(prefix)) throw new Error(prefix.problem);
  return prefix;
}
