// Inputs with nothing wrong in them, for cases that change one thing.
import { checkInputs } from "../../../provider/anyip-route/inputs";
import type { RawInputs } from "../../../provider/check/raw-inputs";
import type { DesiredRoute } from "../../../provider/managed-route/desired";

export const pinnedKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGVXL9nBqHPkfPZsoDAx3MFvZ5tuUZTv7Iku1OtyzjmP";

export const validInputs: RawInputs = {
  connection: { host: "web1.example", user: "root", privateKeyPath: "~/.ssh/id_ed25519" },
  prefix: "2001:db8:100::/64",
  owner: "shop/dev/web",
};

/** Every property given, so that each can be made hostile. */
export const fullInputs: RawInputs = {
  ...validInputs,
  connection: {
    host: "web1.example",
    user: "root",
    port: 22,
    password: "sesame",
    privateKeyPath: "~/.ssh/id_ed25519",
    privateKeyPassword: "open",
    agentSocketPath: "/run/agent",
    hostKey: pinnedKey,
    hostKeyPolicy: "strict",
    privilege: "sudo",
    privilegePassword: "simsim",
    knownHosts: "~/.ssh/known_hosts",
    proxy: {
      host: "jump.example",
      user: "jump",
      password: "sesame",
      hostKey: pinnedKey,
      privateKeyPath: "/k",
    },
  },
  device: "lo",
  table: "local",
  metric: 1024,
  protocol: 177,
  source: "2001:db8::1",
  onExisting: "adopt",
  verify: true,
  persist: "systemd",
  onHostGone: "fail",
  allowUnsafe: ["gateway"],
  confirmTimeout: 20,
};

export function requireDesired(inputs: RawInputs): DesiredRoute {
  const { desired, failures } = checkInputs(inputs);
  if (!desired) throw new Error(`inputs are not valid: ${JSON.stringify(failures)}`);
  return desired;
}

/** A copy of the inputs with the value at a dotted path replaced, `undefined` taking the property away. */
export function withValue(inputs: RawInputs, path: string, value: unknown): RawInputs {
  const [name = "", ...rest] = path.split(".");
  if (rest.length === 0) {
    const { [name]: _dropped, ...others } = inputs;
    return value === undefined ? others : { ...others, [name]: value };
  }
  return { ...inputs, [name]: withValue((inputs[name] ?? {}) as RawInputs, rest.join("."), value) };
}

/** The value at a dotted path. */
export function valueAt(inputs: RawInputs, path: string): unknown {
  return path.split(".").reduce<unknown>((value, name) => (value as RawInputs)[name], inputs);
}
