// The ways there are to make routes outlast a reboot, and which of them fits a host. Pure.
//
// systemd-networkd's own configuration ([Route] Type=local for lo) is not one, although it can express such a route. It
// configures while services start already: of 2,000 routes, a service after network.target has found none. Only one
// .network file counts for lo, so ours would switch off the administrator's, or the other way round. And it must be
// reloaded after each change, which applies what others have edited and not applied yet. The unit has none of this.
import { formatUninstall, type PersistenceBackend } from "./backend";
import { ifupdownBackend } from "./ifupdown";
import { openrcBackend } from "./openrc";
import type { BackendName } from "./paths";
import { systemdBackend } from "./systemd";

/** In the order in which `auto` tries them: where systemd is process 1, it is the one, whatever else is there. */
export const persistenceBackends: readonly PersistenceBackend[] = [
  systemdBackend,
  openrcBackend,
  ifupdownBackend,
];

/** Shell lines that print `@runs NAME` for each that the host could use, the best first. */
export const detectLines = persistenceBackends.map(
  ({ name, detect }) => `if ${detect}; then printf '@runs ${name}\\n'; fi`,
);

/** Shell lines that remove whatever is there of any, as the `uninstall` of one does. */
export const uninstallLines = formatUninstall(persistenceBackends.map(({ removal }) => removal));

export function findBackend(name: BackendName): PersistenceBackend {
  const backend = persistenceBackends.find((candidate) => candidate.name === name);
  if (!backend) throw new Error(`no backend ${name}`);
  return backend;
}
