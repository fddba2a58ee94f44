// Installs packages in a directory that holds nothing of the project but what they depend on, and leaves node_modules
// only: `packages.mjs SOURCE OUTPUT -- COMMAND…`. INPUTS names the files, one a line, and MANIFESTS those of them that are
// packages of this installation; DIRECTORY is where the lock lies; MANAGER is npm, pnpm, yarn or berry; PRODUCTION is 1
// when devDependencies are left out.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { missingPackages } from "./installed.mjs";

const [source, output, , ...command] = process.argv.slice(2);
const directory = process.env.DIRECTORY ?? "";

function run(argv, cwd, env) {
  const result = spawnSync(argv[0], argv.slice(1), { cwd, env, stdio: "inherit" });
  if (result.error) console.error(`packc: ${argv[0]}: ${result.error.message}`);
  if (result.status !== 0) process.exit(result.status ?? 1);
}

function sorted(directory) {
  return fs.readdirSync(directory, { withFileTypes: true }).sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
}

// Without node_modules the directory is only the frame that the tool wanted.
function keepModules(place, depth) {
  let kept = false;
  for (const entry of sorted(place)) {
    const full = path.join(place, entry.name);
    if (entry.name === "node_modules" && entry.isDirectory()) kept = true;
    else if (entry.isDirectory() && depth < 16 && keepModules(full, depth + 1)) kept = true;
    else fs.rmSync(full, { recursive: true, force: true });
  }
  return kept;
}

// The code of the tool is not enough: see installed.mjs.
function verify() {
  const { MANAGER: manager, PRODUCTION: production, MANIFESTS: manifests = "" } = process.env;
  const tool = manager === "berry" ? "yarn" : manager;
  const files = manifests.split("\n").filter(Boolean).map((file) => path.join(output, file));
  const missing = missingPackages({ top: place, manifests: files, manager, production: production === "1", command });
  if (missing.length === 0) return;
  const more = missing.length > 5 ? ` and ${missing.length - 5} more` : "";
  console.error(`packc: ${tool} ended without an error, but did not install ${missing.slice(0, 5).join(", ")}${more}`);
  console.error(`packc: most often the registry did not answer: look at the network, the registry in .npmrc or .yarnrc, and HTTPS_PROXY and NO_PROXY, then build again`);
  process.exit(1);
}

// What tools note for themselves: times, places, the state of a cache.
const notes = new Set([
  ".package-lock.json", ".yarn-integrity", ".yarn-state.yml", ".modules.yaml", ".cache", ".vite", ".pnpm-workspace-state.json",
  ".pnpm-workspace-state-v1.json",
]);

// A command of a package is a link to its JavaScript; some tools write shell scripts in that place.
function linkCommands(modules) {
  const bin = path.join(modules, ".bin");
  if (!fs.existsSync(bin)) return;
  const packages = [];
  for (const entry of sorted(modules)) {
    if (entry.name.startsWith(".")) continue;
    if (!entry.name.startsWith("@")) packages.push(entry.name);
    else for (const inner of sorted(path.join(modules, entry.name))) packages.push(`${entry.name}/${inner.name}`);
  }
  for (const name of packages) {
    let manifest;
    try {
      manifest = JSON.parse(fs.readFileSync(path.join(modules, name, "package.json"), "utf8"));
    } catch {
      continue;
    }
    const commands = typeof manifest.bin === "string" ? { [name.split("/").pop()]: manifest.bin } : manifest.bin ?? {};
    for (const [command, file] of Object.entries(commands)) {
      const place = path.join(bin, command);
      if (typeof file !== "string" || command.includes("/") || !fs.existsSync(place)) continue;
      if (fs.lstatSync(place).isSymbolicLink()) continue;
      fs.rmSync(place);
      fs.symlinkSync(path.join("..", name, file), place);
    }
  }
}

function tidy(place, depth) {
  for (const entry of sorted(place)) {
    const full = path.join(place, entry.name);
    if (!entry.isDirectory()) continue;
    if (entry.name === "node_modules") {
      for (const note of notes) fs.rmSync(path.join(full, note), { recursive: true, force: true });
      linkCommands(full);
    }
    if (depth < 12) tidy(full, depth + 1);
  }
}

// A place that ends in what the source already has is not followed; nothing leads out of the output.
for (const name of (process.env.INPUTS ?? "").split("\n").filter(Boolean)) {
  const target = path.join(output, name);
  fs.mkdirSync(path.dirname(target), { recursive: true });
  fs.cpSync(path.join(source, name), target, { recursive: true, verbatimSymlinks: true });
}
const place = path.join(output, directory);
fs.mkdirSync(place, { recursive: true });

const env = { ...process.env };
for (const name of ["INPUTS", "MANIFESTS", "DIRECTORY", "MANAGER", "PRODUCTION", "REBUILD", "NPM_CACHE"]) delete env[name];
env.npm_config_cache ??= process.env.NPM_CACHE;
run(command, place, env);
verify();
if (process.env.REBUILD) run(process.env.REBUILD.split("\n"), place, env);

keepModules(output, 0);
tidy(output, 0);
fs.mkdirSync(path.join(place, "node_modules"), { recursive: true });
