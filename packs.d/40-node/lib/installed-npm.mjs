// The packages of npm's lock that are not in node_modules.
import { createRequire } from "node:module";
import fs from "node:fs";
import path from "node:path";
import { absent, isPackage, json, text } from "./modules.mjs";

// `node_modules/a/node_modules/@b/c` → `@b/c`
const nameOf = (key) => key.slice(key.lastIndexOf("node_modules/") + "node_modules/".length);

// A package with files of its own: no link to a member, and not part of another's archive.
const isInstalled = ([key, entry]) => key.includes("node_modules/") && entry && !entry.link && !entry.inBundle;

function matches(wanted, actual) {
  const list = [wanted ?? []].flat().map(String);
  if (list.includes(`!${actual}`)) return false;
  const named = list.filter((value) => !value.startsWith("!"));
  return named.length === 0 || named.includes("any") || named.includes(actual);
}

const family = () => (process.report.getReport().header.glibcVersionRuntime ? "glibc" : "musl");

// Whether npm installs an optional package here. npm's own reader decides on a range of versions; where it is not found,
// nothing is demanded.
function fits(entry, semver) {
  if (!matches(entry.os, process.platform) || !matches(entry.cpu, process.arch)) return false;
  if (entry.libc && !matches(entry.libc, family())) return false;
  if (entry.engines?.npm) return false;
  return entry.engines?.node ? semver?.satisfies(process.version, entry.engines.node) ?? false : true;
}

function versionReader(command) {
  for (const word of command.slice(0, 2)) {
    try {
      return createRequire(fs.realpathSync(word))("semver");
    } catch {
      // The next word may be npm.
    }
  }
  return undefined;
}

// Versions 2 and 3 name the place of every package.
function placesOfLock(top, lock, production, command) {
  // Such settings change which packages are installed, or where.
  const settings = /^\s*(omit|only|production|optional|os|cpu|libc|install-strategy|legacy-bundling|global-style)\b/m;
  if (settings.test(text(path.join(top, ".npmrc")) ?? "")) return [];
  const wanted = Object.entries(lock.packages).filter(isInstalled).filter(([, entry]) => !(production && entry.dev) && !entry.peer);
  // Of the optional ones those that are made for this host, when what asks for them is there itself.
  const asked = new Set();
  for (const [key, entry] of Object.entries(lock.packages)) {
    if (key.includes("node_modules/") && !isPackage(path.join(top, key))) continue;
    for (const name of Object.keys(entry?.optionalDependencies ?? {})) asked.add(name);
  }
  const semver = versionReader(command);
  return wanted.filter(([key, entry]) => {
    if (!entry.optional && !entry.devOptional) return true;
    return (entry.os || entry.cpu) && asked.has(nameOf(key)) && fits(entry, semver);
  }).map(([key]) => key);
}

// Version 1 is a tree of names; a newer npm may put them elsewhere.
function namesOfOldLock(packages, production, names = []) {
  for (const [name, entry] of Object.entries(packages ?? {})) {
    if (!entry || entry.optional || entry.bundled || (production && entry.dev)) continue;
    names.push(name);
    namesOfOldLock(entry.dependencies, production, names);
  }
  return names;
}

export function missingOfNpm(top, directories, production, command) {
  const lock = json(path.join(top, "npm-shrinkwrap.json")) ?? json(path.join(top, "package-lock.json"));
  const places = lock?.packages ? placesOfLock(top, lock, production, command) : [];
  // What npm notes of its own work.
  const noted = json(path.join(top, "node_modules/.package-lock.json"));
  places.push(...Object.entries(noted?.packages ?? {}).filter(isInstalled).map(([key]) => key));
  const missing = places.filter((key) => !isPackage(path.join(top, key)));
  return lock?.packages ? missing : [...missing, ...absent(namesOfOldLock(lock?.dependencies, production), directories)];
}
