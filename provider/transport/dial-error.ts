// A dial that failed, and the rule for dialling again: only what a later dial can cure, with growing pauses.

import { setTimeout as sleep } from "node:timers/promises";
import { describeHop, type HopSpec } from "../connection/spec";
import { AnyIPError, type ErrorCode } from "../errors";

/** Why one dial failed; `what` continues the sentence that starts with `user@host:port`. */
export class DialError extends Error {
  constructor(
    readonly code: ErrorCode,
    readonly what: string,
    readonly advice: string,
    /** True when another dial may succeed and does no harm: never for logins, host keys or algorithms. */
    readonly again: boolean,
    readonly origin?: unknown,
  ) {
    super(what);
  }
}

/** Milliseconds to wait after the `attempt`-th failure, counted from 1. */
export type DialPause = (attempt: number) => number;

/** 0.5 s growing to 10 s: ten dials span about 45 s, the time a fresh machine takes to get its sshd up. */
export const defaultDialPause: DialPause = (attempt) =>
  Math.min(10_000, 500 * 1.7 ** (attempt - 1)) * (0.8 + 0.4 * Math.random());

/** Dials until it works, fails for good, or `dialErrorLimit` dials have failed. @throws AnyIPError */
export async function dialWithRetries<T>(hop: HopSpec, pause: DialPause, dial: () => Promise<T>): Promise<T> {
  const startedAt = Date.now();
  for (let attempt = 1; ; attempt++) {
    try {
      return await dial();
    } catch (error) {
      if (!(error instanceof DialError)) throw error;
      if (!error.again || attempt >= hop.dialErrorLimit)
        throw explainDialError(hop, error, attempt, startedAt);
      await sleep(pause(attempt));
    }
  }
}

function explainDialError(hop: HopSpec, error: DialError, attempts: number, startedAt: number): AnyIPError {
  const host = describeHop(hop);
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  const effort = attempts > 1 ? ` (${attempts} dials in ${seconds} s)` : "";
  return new AnyIPError(error.code, `${host} ${error.what}${effort}. ${error.advice}`, {
    retryable: error.again || error.code === "CONNECTION_LOST" || error.code === "HOST_UNREACHABLE",
    facts: { host },
    cause: error.origin,
  });
}
