// Inputs of an AddressAllocation with nothing wrong in them, for cases that change one thing.
import { checkInputs, type DesiredAllocation } from "../../../provider/address-allocation/inputs";
import type { RawInputs } from "../../../provider/check/raw-inputs";

export const validInputs: RawInputs = {
  connection: { host: "web1.example", user: "root", privateKeyPath: "~/.ssh/id_ed25519" },
  pool: "2001:db8:100::/64",
  owner: "shop/dev/shop.example",
};

export function requireDesired(inputs: RawInputs): DesiredAllocation {
  const { desired, failures } = checkInputs(inputs);
  if (!desired) throw new Error(`inputs are not valid: ${JSON.stringify(failures)}`);
  return desired;
}
