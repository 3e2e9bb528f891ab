// Inputs as the engine hands them over and as states have them, before anybody has read them. Pure.
import type { CheckFailure } from "./fields";

/** Inputs as they are stored: canonical text, only what was given. */
export type RawInputs = Readonly<Record<string, unknown>>;

/** Those of the names that are there. */
export function pickInputs(raw: RawInputs, names: readonly string[]): Record<string, unknown> {
  const inputs: Record<string, unknown> = {};
  for (const name of names) if (raw[name] !== undefined) inputs[name] = raw[name];
  return inputs;
}

/** True when the two are the same all the way down; what is undefined is as good as not there. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => isEqual(Reflect.get(a, name), Reflect.get(b, name)));
}

/** What is wrong with inputs, in one line. */
export function describeFailures(failures: readonly CheckFailure[]): string {
  return failures.map(({ property, reason }) => `${property} ${reason}`).join("; ");
}

/** What create and update have to do with; the engine calls them with inputs that `check` has passed. */
export function requireDesired<Desired>(checked: {
  readonly desired: Desired | undefined;
  readonly failures: readonly CheckFailure[];
}): Desired {
  if (checked.desired !== undefined) return checked.desired;
  throw new Error(describeFailures(checked.failures));
}
