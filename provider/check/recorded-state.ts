// What the recorded states of all resources have in common: a version, and an error for what cannot be read. Pure.
import { AnyIPError } from "../errors";
import type { RawInputs } from "./raw-inputs";

/** The version that is written: 1, which is what a state without `stateVersion` has. */
const stateVersion = 1;

/** True for a state of the version that this package writes. */
export function isCurrentVersion(outputs: RawInputs): boolean {
  return outputs.stateVersion === undefined || outputs.stateVersion === stateVersion;
}

/** @throws AnyIPError STATE_UNREADABLE for a newer version. */
export function requireCurrentVersion(outputs: RawInputs): void {
  if (isCurrentVersion(outputs)) return;
  throw new AnyIPError(
    "STATE_UNREADABLE",
    `the recorded state has version ${String(outputs.stateVersion)}, this pulumi-anyip reads version ${stateVersion}; ` +
      "install the pulumi-anyip that wrote it, or a newer one",
  );
}

/** For a state that was edited into nonsense. */
export function explainUnreadable(why: string): AnyIPError {
  return new AnyIPError("STATE_UNREADABLE", `the recorded state cannot be read: ${why}`);
}
