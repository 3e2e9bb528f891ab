// All kinds of test hosts by name.

import type { FlavourName } from "../host-record";
import type { Flavour } from "./flavour";
import { rootFlavour } from "./root";
import { sudoFlavour } from "./sudo";

export const FLAVOURS: Readonly<Record<FlavourName, Flavour>> = { root: rootFlavour, sudo: sudoFlavour };
