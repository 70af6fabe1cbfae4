// The `hokusai` command from a checkout. Installed, it is sdk/bin/hokusai.ts itself.

import "../sdk/bin/hokusai";
