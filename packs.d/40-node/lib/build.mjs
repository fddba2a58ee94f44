// Builds the project where it lies and copies it, with what the build made, to the output: `build.mjs SOURCE OUTPUT
// COMMAND…`. Each command is a line of the shell, as npm runs scripts. MODULES: where the packages are; DIRECTORY: where
// the commands run; EXPECTED: the file that has to be there afterwards; STANDALONE: take Next's own output only.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

const [source, output, ...commands] = process.argv.slice(2);
const { MODULES: modules, DIRECTORY: directory = "", PROGRAM: program = "", EXPECTED: expected, STANDALONE: standalone } = process.env;
const copying = { recursive: true, verbatimSymlinks: true, mode: fs.constants.COPYFILE_FICLONE };

function fail(message) {
  console.error(`packc: ${message}`);
  process.exit(1);
}

function sorted(place) {
  return fs.readdirSync(place, { withFileTypes: true }).sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
}

// Directories that tools make in node_modules for the program, such as Prisma's client, as opposed to caches.
function generated(place) {
  const modules = path.join(place, "node_modules");
  if (!fs.existsSync(modules)) return [];
  const caches = new Set([".bin", ".cache", ".vite", ".vite-temp", ".pnpm", ".package-lock.json", ".modules.yaml", ".yarn-state.yml"]);
  return sorted(modules).filter((entry) => entry.isDirectory() && entry.name.startsWith(".") && !caches.has(entry.name)).map((entry) => entry.name);
}

if (modules) fs.cpSync(modules, source, copying);
const before = new Set(generated(source));

const cwd = path.join(source, directory);
const bins = [];
for (let place = cwd; ; place = path.dirname(place)) {
  bins.push(path.join(place, "node_modules", ".bin"));
  if (place === source || place === path.dirname(place)) break;
}
const env = { ...process.env, PATH: [...bins, path.dirname(process.execPath), process.env.PATH].join(":") };
for (const name of ["MODULES", "DIRECTORY", "PROGRAM", "EXPECTED", "STANDALONE"]) delete env[name];
try {
  const manifest = JSON.parse(fs.readFileSync(path.join(cwd, "package.json"), "utf8"));
  env.npm_package_name = manifest.name ?? "";
  env.npm_package_version = manifest.version ?? "";
  env.npm_lifecycle_event = "build";
} catch {
  // A line of a Procfile has no package.
}
for (const command of commands) {
  console.error(`$ ${command}`);
  const result = spawnSync("/bin/sh", ["-c", command], { cwd, env, stdio: "inherit" });
  if (result.status !== 0) {
    console.error(`packc: \`${command}\` failed; builds run without a network`);
    process.exit(result.status ?? 1);
  }
}

const exists = (place) => [place, `${place}.js`, `${place}.cjs`, `${place}.mjs`, path.join(place, "index.js"), path.join(place, "package.json")].some((file) => fs.existsSync(file));
if (expected && !standalone && !expected.split("/").includes("node_modules") && !exists(path.join(source, expected))) {
  const beside = path.dirname(path.join(source, expected));
  const seen = fs.existsSync(beside) ? sorted(beside).slice(0, 20).map((entry) => entry.name).join(", ") : "nothing";
  fail(`the build did not make ${expected}, which is what starts; in its directory: ${seen}`);
}

if (standalone) {
  const next = path.join(source, program, ".next");
  const server = path.join(next, "standalone");
  if (!fs.existsSync(server)) fail(`next left no ${path.join(program, ".next/standalone")}`);
  fs.cpSync(server, output, copying);
  const place = path.join(output, program);
  if (!fs.existsSync(path.join(place, "server.js"))) fail(`next's standalone output has no ${path.join(program, "server.js")}`);
  fs.cpSync(path.join(next, "static"), path.join(place, ".next", "static"), copying);
  const assets = path.join(source, program, "public");
  if (fs.existsSync(assets)) fs.cpSync(assets, path.join(place, "public"), copying);
} else {
  const skipped = (from) => {
    const parts = path.relative(source, from).split(path.sep);
    return parts.includes("node_modules") || parts[0] === ".git";
  };
  fs.mkdirSync(output, { recursive: true });
  for (const entry of sorted(source)) {
    const from = path.join(source, entry.name);
    if (!skipped(from)) fs.cpSync(from, path.join(output, entry.name), { ...copying, filter: (inner) => !skipped(inner) });
  }
  for (const name of generated(source)) {
    if (before.has(name)) continue;
    fs.cpSync(path.join(source, "node_modules", name), path.join(output, "node_modules", name), copying);
  }
}
