// Whether the packages are there that a package manager says it installed: npm 10 can end with code 0 although the
// registry did not answer, and leave empty directories.
import path from "node:path";
import { holes, json, resolves, text } from "./modules.mjs";
import { missingOfNpm } from "./installed-npm.mjs";
import { missingOfBerry, missingOfYarn } from "./installed-yarn.mjs";

// [name, range] of what the tool must install for a manifest, or end with an error.
function direct(manifest, production) {
  const all = { ...(production ? {} : manifest.devDependencies), ...manifest.dependencies };
  return Object.entries(all).filter(([name, range]) => {
    if (name in (manifest.optionalDependencies ?? {}) || manifest.dependenciesMeta?.[name]?.optional) return false;
    return typeof range === "string" && !/^(link|portal):/.test(range);
  });
}

// pnpm can be told to leave a package out.
function isLeftOut(name, lock) {
  return lock !== undefined && (!lock.includes(name) || lock.split("\n").some((line) => line.replaceAll(/['" ]/g, "") === `${name}:-`));
}

// By name or by place in `top`, sorted. `top` holds the lock; `manifests` are the package.json of the installation by
// full path; `command` is the tool's.
export function missingPackages({ top, manifests, manager, production, command }) {
  const members = manifests.map((file) => ({ directory: path.dirname(file), manifest: json(file) ?? {} }));
  const directories = new Set([top, ...members.map(({ directory }) => directory)]);
  const lock = manager === "pnpm" ? text(path.join(top, "pnpm-lock.yaml")) : undefined;
  const missing = [];
  const dependencies = [];
  for (const { directory, manifest } of members) {
    const wanted = direct(manifest, production);
    dependencies.push(...wanted);
    missing.push(...wanted.map(([name]) => name).filter((name) => !resolves(name, directory, top) && !isLeftOut(name, lock)));
  }
  const isDone = dependencies.length === 0;
  switch (manager) {
    case "npm":
      missing.push(...missingOfNpm(top, directories, production, command));
      break;
    case "pnpm":
      if (!isDone && text(path.join(top, "node_modules/.modules.yaml")) === undefined) missing.push("node_modules/.modules.yaml");
      break;
    case "yarn":
      missing.push(...missingOfYarn(top, directories, dependencies));
      break;
    case "berry":
      if (!isDone) missing.push(...missingOfBerry(top));
      break;
  }
  if (manager !== "npm") missing.push(...holes(top));
  // `node_modules/a` and `a` are the same.
  return [...new Set(missing.map((place) => place.replace(/^node_modules\/(?=(@[^/]+\/)?[^./@][^/]*$)/, "")))].sort();
}
