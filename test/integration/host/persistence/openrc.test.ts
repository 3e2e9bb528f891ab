// Persistence on a host that OpenRC has booted.
import { openrcBackend } from "../../../../provider/host/persistence/openrc";
import { describeBackend } from "./backend-conformance";
import { runWithSsh } from "./persistent-host";

describeBackend({
  backend: openrcBackend,
  flavour: "openrc",
  runWithServices: runWithSsh,
  disturbances: [
    "rc-service networking restart",
    "rc-service pulumi-anyip restart",
    "ip link set eth0 down; ip link set eth0 up",
  ],
  foreignFolder: "/etc/init.d",
});
