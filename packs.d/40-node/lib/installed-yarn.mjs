// The packages of yarn.lock that are not in node_modules.
import path from "node:path";
import { absent, isPackage, text } from "./modules.mjs";

// Version 1, by `name@range`.
function readLock(lock) {
  const entries = new Map();
  let entry, section;
  for (const line of lock.split(/\r?\n/)) {
    if (!line.trim() || line.startsWith("#")) continue;
    if (!line.startsWith(" ")) {
      entry = [];
      section = undefined;
      for (const key of line.replace(/:$/, "").split(/,\s*/)) entries.set(key.replaceAll('"', ""), entry);
    } else if (!line.startsWith("    ")) {
      section = line.trim();
    } else if (section === "dependencies:" && entry) {
      const [, name, range] = /^\s+"?([^"\s]+)"?\s+"?(.*?)"?$/.exec(line) ?? [];
      if (name) entry.push([name, range]);
    }
  }
  return entries;
}

// Version 1: what the manifests' dependencies lead to, by name. Members of a workspace and what resolutions replace are
// not in the lock by their range.
export function missingOfYarn(top, directories, dependencies) {
  const lock = readLock(text(path.join(top, "yarn.lock")) ?? "");
  const names = new Set();
  const visited = new Set();
  const open = [...dependencies];
  while (open.length > 0) {
    const [name, range] = open.pop();
    const found = lock.get(`${name}@${range}`);
    if (!found) continue;
    names.add(name);
    if (visited.has(found)) continue;
    visited.add(found);
    open.push(...found);
  }
  return absent([...names], directories);
}

// Later versions note every place of a package when they are done.
export function missingOfBerry(top) {
  const note = "node_modules/.yarn-state.yml";
  const state = text(path.join(top, note));
  if (state === undefined) return [note];
  const places = [...state.matchAll(/^ +- "?([^"\n]*node_modules\/[^"\r\n]*)"?\r?$/gm)].map((match) => match[1]);
  return places.filter((place) => !isPackage(path.join(top, place)));
}
