// The suite asks for nothing but a Host: a simulator without a transport passes it too.
import { MemoryHost } from "../../support/memory-host";
import { describeHost } from "./host-conformance";

const sources = ["192.0.2.1", "2001:db8::1"] as const;

describeHost("a simulator", async () => {
  const host = new MemoryHost(["lo", "eth0"], sources);
  return {
    host,
    device: "eth0",
    maxTable: 2147483647,
    sources,
    print: async () => host.print(),
    count: () => ({ connections: 0, sessions: 0 }),
    remove: async () => {},
  };
});
