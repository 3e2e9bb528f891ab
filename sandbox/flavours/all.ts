// All kinds of test hosts by name.

import type { FlavourName } from "../host-record";
import { busyboxFlavour } from "./busybox";
import { doasFlavour } from "./doas";
import type { Flavour } from "./flavour";
import { ifupdownFlavour, openrcFlavour } from "./ifupdown";
import { rootFlavour } from "./root";
import { sudoFlavour } from "./sudo";
import { sudoEntryFlavour } from "./sudo-entry";
import { sudoPasswordFlavour } from "./sudo-password";
import { systemdFlavour } from "./systemd";

export const FLAVOURS: Readonly<Record<FlavourName, Flavour>> = {
  root: rootFlavour,
  sudo: sudoFlavour,
  "sudo-entry": sudoEntryFlavour,
  "sudo-password": sudoPasswordFlavour,
  doas: doasFlavour,
  busybox: busyboxFlavour,
  systemd: systemdFlavour,
  openrc: openrcFlavour,
  ifupdown: ifupdownFlavour,
};
