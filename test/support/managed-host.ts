// Puts managed routes on a sandbox host, each for a stack of its choice, and damages some of them by hand.
import { Hosts } from "../../provider/hosts";
import type { Host, Sandbox } from "../../sandbox";
import { localRoute } from "./route-operations";
import { connectionSpec } from "./sandbox-connection";

const recordDirectory = "/run/pulumi-anyip/routes";

/** Adds local routes with records, owner by owner, as one run does. */
export async function bind(
  sandbox: Sandbox,
  host: Host,
  routes: readonly (readonly [owner: string, prefix: string])[],
): Promise<void> {
  const { host: linux } = new Hosts().find(connectionSpec(sandbox, host), undefined);
  await Promise.all(
    routes.map(([owner, prefix]) => {
      const route = localRoute(prefix);
      return linux.change({
        reads: [route],
        plan: ({ machineId }) => ({
          step: { kind: "add", route },
          record: {
            kind: "write",
            record: {
              route,
              owner,
              origin: "created",
              token: "token-1",
              machineId,
              persists: false,
              hold: { kind: "route" },
            },
          },
          result: undefined,
        }),
      });
    }),
  );
}

/** One altered and one missing route, a record that is none, one of another machine, and a route without a record. */
export async function damage(
  host: Host,
  route: { readonly altered: string; readonly missing: string; readonly elsewhere: string },
): Promise<void> {
  const file = `${recordDirectory}/${route.elsewhere.replace("/", "_")}-table-255-metric-1024`;
  const lines = [
    `ip -6 route replace local ${route.altered} dev eth0 table local proto 177 metric 1024`,
    `ip -6 route del local ${route.altered} dev lo table local metric 1024 2>/dev/null || true`,
    `ip -6 route del local ${route.missing} dev lo table local`,
    `sed -i 's/^machine .*/machine 0123456789abcdef0123456789abcdef/' ${file}`,
    `echo scribble >${recordDirectory}/2001:db8:bad::_64-table-255-metric-1024`,
    "ip -6 route add local 2001:db8:f00::/64 dev lo table local proto 177",
  ];
  await host.execOrThrow(["sh", "-ec", lines.join("\n")]);
}
