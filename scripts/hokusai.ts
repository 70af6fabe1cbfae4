// The `hokusai` command in a checkout. When installed, the command is sdk/bin/hokusai.ts itself.

import "../sdk/bin/hokusai";
