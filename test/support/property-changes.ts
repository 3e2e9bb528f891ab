// What a change of one property does to a resource of its own, as the documentation of the class says.
import { expect } from "vitest";
import type { PreviewStep } from "./pulumi-project";

export interface PropertyChange {
  /** The property, which is the resource's name as well; of one inside an object its path. */
  readonly property: string;
  readonly op: "replace" | "update";
  /** A part of the route's line on the host afterwards; default, the line is as before. */
  readonly expected?: string;
}

/** Fails unless a preview has just the documented step for each, and says which property makes it a replacement. */
export function expectPreviewed(
  steps: Readonly<Record<string, readonly PreviewStep[]>>,
  changes: readonly PropertyChange[],
): void {
  for (const { property, op } of changes) {
    expect(
      steps[property]?.map((step) => step.op),
      property,
    ).toEqual([op]);
    const [name] = property.split(".");
    if (op === "replace") expect(steps[property]?.[0]?.replaceReasons, property).toEqual([name]);
  }
}
