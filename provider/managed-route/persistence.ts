// How the host is to restore a route at boot: what the program asks for, and what the host has. Pure.
import type { Fields } from "../check/fields";
import { AnyIPError } from "../errors";
import type { PersistenceFacts } from "../host/host";
import { type BackendName, backendNames } from "../host/persistence/paths";

/** The values of the input `persist`. `auto` is what the host runs; with `none` the route ends with the next reboot. */
export const persistChoices = ["auto", ...backendNames, "none"] as const;
export type PersistChoice = (typeof persistChoices)[number];

export function readPersist(fields: Fields): PersistChoice | undefined {
  if (fields.value("persist") !== "networkd") return fields.choice("persist", persistChoices);
  return fields.fail(
    "persist",
    'is "networkd", which is no way of its own: hosts whose network systemd-networkd sets up persist by "systemd", which ' +
      'has the routes there before networkd starts, and keeps them when it is restarted; so do "auto" and leaving it out',
  );
}

/** What became of it. */
export type Persistence = BackendName | "none";

/** What most hosts run: where `auto` has chosen it, a state need not say so. */
export const usualPersistence: Persistence = "systemd";

export function isPersistence(value: unknown): value is Persistence {
  return value === "none" || backendNames.some((name) => name === value);
}

/** @throws AnyIPError HOST_UNSUPPORTED for a host that does not run what is asked for, or nothing that is known */
export function choosePersistence(choice: PersistChoice, { runs }: PersistenceFacts): Persistence {
  if (choice === "none") return "none";
  const [best] = runs;
  if (choice === "auto" && best !== undefined) return best;
  if (choice !== "auto" && runs.includes(choice)) return choice;
  const known = backendNames.join(", ");
  const what = best === undefined ? `none of what is known here (${known})` : runs.join(", ");
  throw new AnyIPError(
    "HOST_UNSUPPORTED",
    `persist is "${choice}", and the host runs ${what}${best === undefined ? " that would restore the route at boot" : ""}. ` +
      `Nothing has been changed. ${best === undefined ? "" : `persist: "${best}" or leaving it out is right for this host; `}` +
      'where the route need not outlast a reboot, persist: "none" says so',
  );
}
