// Every change of a test host's routing tables, as the kernel reports them while it makes them.
import type { Host } from "../../sandbox";
import { waitUntil } from "./wait-until";

const canary = "192.0.2.255/32";

export interface RouteMonitor {
  /** The lines so far that name the prefix; one that starts with `Deleted` is a moment without the route. */
  listEvents(prefix: string): Promise<string[]>;
}

/** Watches until the host's end. */
export async function startRouteMonitor(host: Host): Promise<RouteMonitor> {
  let text = "";
  const child = host.spawn(["ip", "-N", "-d", "-o", "monitor", "route"], ["ignore", "pipe", "ignore"]);
  child.stdout?.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  child.unref();
  /** What the kernel has reported up to now is here once a change made now is. */
  const catchUp = async () => {
    const start = text.length;
    const isSeen = async () => {
      await host.configureNetwork([`route add local ${canary} dev lo`, `route del local ${canary} dev lo`]);
      return text.slice(start).includes("192.0.2.255");
    };
    await waitUntil(isSeen, Boolean, 10_000);
  };
  await catchUp();
  return {
    listEvents: async (prefix) => {
      await catchUp();
      return text.split("\n").filter((line) => line.includes(` ${prefix} `));
    },
  };
}
