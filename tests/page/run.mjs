// All tests of the page, or those whose names have the first word in them.
import "./session.mjs";
import "./hostile.mjs";
import "./access.mjs";
import { runAll } from "./world.mjs";

process.exitCode = (await runAll(process.argv[2])) > 0 ? 1 : 0;
