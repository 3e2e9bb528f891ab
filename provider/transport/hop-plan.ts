// Gathers, before anything is dialled, all that one hop needs: login methods and the rules for its host key.

import { type ConnectionSpec, describeHop, type HopSpec } from "../connection/spec";
import { AnyIPError } from "../errors";
import { type LoginMethod, type ParseKey, resolveLoginMethods } from "./credentials";
import { type HostKeyRules, parseHostKeyPin } from "./host-key-policy";
import { lookUpKnownHost } from "./known-hosts";
import { readKnownHostsFiles } from "./known-hosts-files";

export interface HopPlan<Key> {
  readonly hop: HopSpec;
  readonly methods: readonly LoginMethod<Key>[];
  readonly rules: HostKeyRules;
  /** The way to this sshd, as `host:port` of each hop: the same name behind another jump host is another sshd. */
  readonly address: string;
}

/** Plans every hop, the jump hosts first. @throws AnyIPError BAD_CREDENTIALS */
export async function planHops<Key>(spec: ConnectionSpec, parseKey: ParseKey<Key>): Promise<HopPlan<Key>[]> {
  const plans: HopPlan<Key>[] = [];
  let address = "";
  for (const [index, hop] of [...spec.proxies, spec].entries()) {
    const property = nameHop(spec, index);
    address += `${address === "" ? "" : " > "}${hop.host.toLowerCase()}:${hop.port}`;
    plans.push({
      hop,
      address,
      methods: await resolveLoginMethods(hop, property, parseKey),
      rules: await planHostKeyRules(spec, hop, property),
    });
  }
  return plans;
}

function nameHop(spec: ConnectionSpec, index: number): string {
  if (index === spec.proxies.length) return "connection";
  return spec.proxies.length === 1 ? "connection.proxy" : `connection.proxy[${index}]`;
}

async function planHostKeyRules(spec: ConnectionSpec, hop: HopSpec, property: string): Promise<HostKeyRules> {
  const policy = spec.hostKeyPolicy;
  if (hop.hostKey !== undefined) {
    const pin = parseHostKeyPin(hop.hostKey);
    if (pin !== undefined) return { hop, property, policy, pin, known: undefined };
    throw new AnyIPError(
      "BAD_CREDENTIALS",
      `${property}.hostKey is no host key. Give it as "TYPE BASE64", as in a .pub file, or as "SHA256:…", as ` +
        "ssh-keygen -lf prints it.",
      { facts: { host: describeHop(hop) } },
    );
  }
  if (policy === "insecure") return { hop, property, policy, pin: undefined, known: undefined };
  const files = await readKnownHostsFiles(spec.knownHosts);
  return {
    hop,
    property,
    policy,
    pin: undefined,
    known: lookUpKnownHost(files, hop.host, hop.port, spec.knownHosts),
  };
}
