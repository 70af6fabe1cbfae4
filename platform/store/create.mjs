// Creates an empty embedded database in the given folder, and exits.
import { PGlite } from "@electric-sql/pglite";

const db = await PGlite.create({ dataDir: process.argv[2] });
await db.close();
