// The CRUD of AddressPool as Pulumi's dynamic providers call it. There is no host: the state is all there is.
import { randomBytes } from "node:crypto";
import type { dynamic } from "@pulumi/pulumi";
import { type RawInputs, requireDesired } from "../check/raw-inputs";
import { AnyIPError } from "../errors";
import { randomBits } from "../random-bits";
import { diffPool } from "./diff";
import { foresee } from "./foresee";
import { checkInputs } from "./inputs";
import { nothingRecorded, planPool } from "./plan";
import {
  decodeState,
  encodeOutcome,
  encodeState,
  extractOutcome,
  type Outcome,
  type RecordedPool,
} from "./state";

/** What a pool needs of the world. */
export interface PoolSurroundings {
  /** Milliseconds since 1970; asked by create and update only. */
  readonly now: () => number;
  /** Shows a line to the person who runs Pulumi. */
  readonly warn: (line: string) => void;
}

/** What the engine calls. */
export type AddressPoolProvider = Required<Omit<dynamic.ResourceProvider, "configure">>;

export function createAddressPoolProvider({ now, warn }: PoolSurroundings): AddressPoolProvider {
  // What was foreseen is what is done.
  const carryOut = (inputs: RawInputs, recorded: RecordedPool) =>
    encodeState(inputs, extractOutcome(inputs) ?? plan(inputs, recorded, now()));
  return {
    async check(olds: RawInputs, news: RawInputs) {
      const { inputs, failures, desired } = checkInputs(news);
      if (!desired) return { inputs, failures: [...failures] };
      const { outcome, problems } = foresee(olds, inputs, desired);
      return { inputs: { ...inputs, ...outcome }, failures: [...problems] };
    },

    async diff(_id, olds: RawInputs, news: RawInputs) {
      const { diff, warnings } = diffPool(olds, news);
      for (const warning of warnings) warn(warning);
      return diff;
    },

    async create(inputs: RawInputs) {
      const id = `pool-${randomBytes(10).toString("hex")}`;
      return { id, outs: carryOut(inputs, nothingRecorded) };
    },

    async read(id, outputs: RawInputs) {
      // As inputs, too, so that the next preview knows what names have.
      return { id, props: { ...outputs }, inputs: { ...outputs } };
    },

    async update(_id, olds: RawInputs, news: RawInputs) {
      return { outs: carryOut(news, decodeState(olds)) };
    },

    async delete() {},
  };
}

function plan(inputs: RawInputs, recorded: RecordedPool, nowMs: number): Outcome {
  const planned = planPool(requireDesired(checkInputs(inputs)), recorded, { nowMs, random: randomBits });
  if (!("problems" in planned)) return encodeOutcome(planned.recorded, planned.figures);
  const reasons = planned.problems.map(({ property, reason }) => `${property}: ${reason}`);
  const code = planned.problems[0]?.code ?? "BLOCK_TAKEN";
  throw new AnyIPError(code, `nothing was changed in the pool; ${reasons.join("; ")}`);
}
