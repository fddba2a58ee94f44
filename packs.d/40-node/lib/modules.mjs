// Reads what lies in node_modules.
import fs from "node:fs";
import path from "node:path";

export function text(file) {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

// undefined when there is no such file, or when it is not JSON.
export function json(file) {
  try {
    return JSON.parse(text(file)) ?? undefined;
  } catch {
    return undefined;
  }
}

export const isPackage = (place) => Boolean(text(path.join(place, "package.json"))?.trim());

function entries(directory) {
  try {
    return fs.readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}

// Every package of a node_modules by name and place, as deep as packages have packages.
function* packages(modules, depth = 0) {
  for (const entry of entries(modules)) {
    if (entry.name.startsWith(".")) continue;
    const isScope = entry.name.startsWith("@") && !entry.isSymbolicLink();
    const found = isScope ? entries(path.join(modules, entry.name)).map((inner) => [`${entry.name}/${inner.name}`, inner]) : [[entry.name, entry]];
    for (const [name, kind] of found) {
      const place = path.join(modules, name);
      yield { name, place, isLink: kind.isSymbolicLink(), isDirectory: kind.isDirectory() };
      if (kind.isDirectory() && depth < 16) yield* packages(path.join(place, "node_modules"), depth + 1);
    }
  }
}

// Those of the names that no node_modules in the directories has.
export function absent(names, directories) {
  const there = new Set();
  for (const directory of directories) {
    for (const found of packages(path.join(directory, "node_modules"))) if (isPackage(found.place)) there.add(found.name);
  }
  return names.filter((name) => !there.has(name));
}

// Looks where Node looks: in the directory and above, as far as `top`.
export function resolves(name, directory, top) {
  for (let at = directory; ; at = path.dirname(at)) {
    if (isPackage(path.join(at, "node_modules", name))) return true;
    if (at === top || at === path.dirname(at)) return false;
  }
}

// Directories of packages with nothing in them, and links into node_modules that lead nowhere.
export function holes(top) {
  const roots = [path.join(top, "node_modules")];
  const store = path.join(top, "node_modules/.pnpm");
  for (const entry of entries(store)) {
    if (entry.isDirectory() && entry.name !== "node_modules") roots.push(path.join(store, entry.name, "node_modules"));
  }
  const found = [];
  for (const root of roots) {
    for (const { place, isLink, isDirectory } of packages(root)) {
      const isLost = isLink && !fs.existsSync(place) && fs.readlinkSync(place).includes("node_modules");
      if (isLost || (isDirectory && entries(place).length === 0)) found.push(path.relative(top, place));
    }
  }
  return found;
}
