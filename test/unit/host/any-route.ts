// Local routes such as checked inputs give, for properties.
import fc from "fast-check";
import { explainUnbindable } from "../../../net/bindable";
import { formatPrefix } from "../../../net/prefix";
import type { LocalRoute } from "../../../provider/host/route";
import { anyPrefix } from "../net/arbitraries";

export const anyRoute: fc.Arbitrary<LocalRoute> = anyPrefix
  .filter((prefix) => explainUnbindable(prefix) === undefined)
  .chain((prefix) =>
    fc.record(
      {
        family: fc.constant(prefix.family),
        prefix: fc.constant(formatPrefix(prefix)),
        device: fc.constantFrom("lo", "eth0", "eth0.5", "wg-vpn_1"),
        table: fc.constantFrom(255, 254, 100, 4294967295),
        metric: fc.constantFrom(prefix.family === "ipv4" ? 0 : 1024, 50, 4294967295),
        protocol: fc.constantFrom(177, 4, 99, 255),
        source: fc.constantFrom(prefix.family === "ipv4" ? "192.0.2.1" : "2001:db8::1"),
      },
      { requiredKeys: ["family", "prefix", "device", "table", "metric", "protocol"] },
    ),
  );
