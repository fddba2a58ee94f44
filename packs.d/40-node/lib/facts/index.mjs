// Facts of a program's source: `node index.mjs REQUEST`, a file with {"files": […], "entries": […]}, paths from the project's
// directory, where it is started. It runs nothing of the project. The answer, on standard output, has the form of
// SourceFindings.
import {readFileSync} from "node:fs";
import {posix} from "node:path";
import {isSource, ts} from "./parser.mjs";
import {Findings} from "./findings.mjs";
import {Modules} from "./modules.mjs";
import {Program} from "./program.mjs";
import {Values} from "./values.mjs";
import {Reach} from "./reach.mjs";
import {Environment} from "./environment.mjs";
import {Routes} from "./routes.mjs";
import {Network} from "./network.mjs";
import {Effects} from "./effects.mjs";
import {Settings} from "./settings.mjs";

const request = JSON.parse(readFileSync(process.argv[2], "utf8"));
request.files.sort();
const findings = new Findings();
if (!ts) {
  findings.doubt("*", "the source was not read: there is no parser for it, `apt-get install node-typescript` brings it");
} else if (request.files.length > 50_000) {
  findings.doubt("*", "the source was not read: there are more than 50000 files");
} else {
  analyse();
}
process.stdout.write(JSON.stringify(findings));

function analyse() {
  const modules = new Modules(request.files.filter(path => !path.split("/").includes("node_modules")));
  const program = new Program(modules, findings);
  const values = new Values(program);
  const reach = new Reach(program, values, findings);
  reach.run(request.entries, request.files.filter(path => isSource(path) && !isAside(path)));
  const parts = [Environment, Routes, Network, Effects].map(Part => new Part(program, values, findings));
  parts[1].autoloads = reach.autoloads;
  for (const part of parts) part.run();
  new Settings(program, values, findings).run(request.files);
}

/** Tests, settings of tools and what is run by hand: beside the program. */
function isAside(path) {
  const words = posix.dirname(path).split("/");
  return words.some(word => /^(node_modules|__tests__|__mocks__|tests?|spec|specs|e2e|cypress|fixtures|mocks?|coverage|examples?|docs?|scripts|public|static|assets|\..+)$/.test(word) && word !== ".") ||
    /(\.|-|_)(test|spec|stories|bench)\.[cm]?[jt]sx?$|(^|\/)(\.?[\w-]+\.config|gulpfile|Gruntfile|karma\.conf|jest\.\w+|\.\w+rc)\.[cm]?[jt]s$/.test(path);
}
