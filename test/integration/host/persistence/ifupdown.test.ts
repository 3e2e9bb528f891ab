// Persistence on a host that sysvinit boots, with its network by ifupdown.
import { ifupdownBackend } from "../../../../provider/host/persistence/ifupdown";
import { describeBackend } from "./backend-conformance";
import { runWithSsh } from "./persistent-host";

describeBackend({
  backend: ifupdownBackend,
  flavour: "ifupdown",
  runWithServices: runWithSsh,
  disturbances: [
    "service networking restart",
    "ifdown --force lo; ifup lo",
    "ip link set eth0 down; ip link set eth0 up",
  ],
  foreignFolder: "/etc/network/if-up.d",
});
