// SPDX-License-Identifier: MIT
// Everything that the doctor must find, each by itself: how it comes to be, and all that is said of it.

import { code } from "./code";
import { invariants } from "./invariants";
import { models } from "./models";
import { parameters } from "./parameters";
import { roles } from "./roles";

/** Groups of deviations, by what deviates. */
export const DEVIATIONS = { code, parameters, roles, models, invariants } as const;
