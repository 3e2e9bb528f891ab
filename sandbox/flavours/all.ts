// All kinds of test hosts by name.

import type { FlavourName } from "../host-record";
import type { Flavour } from "./flavour";
import { ifupdownFlavour, openrcFlavour } from "./ifupdown";
import { rootFlavour } from "./root";
import { sudoFlavour } from "./sudo";
import { systemdFlavour } from "./systemd";

export const FLAVOURS: Readonly<Record<FlavourName, Flavour>> = {
  root: rootFlavour,
  sudo: sudoFlavour,
  systemd: systemdFlavour,
  openrc: openrcFlavour,
  ifupdown: ifupdownFlavour,
};
