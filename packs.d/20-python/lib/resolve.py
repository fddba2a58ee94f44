"""Resolves a requirements file to exact versions with hashes, with pip's own resolver:
`resolve.py REQUIREMENTS OUTPUT CACHE`. Writes `{"packages": [{"name", "version", "sha256": […], "filename"}]}`."""

import json
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import files  # noqa: E402


def fail(message):
    sys.stderr.write("packc: %s\n" % message)
    raise SystemExit(1)


def without_own_package(path):
    """`-e .` names the project itself, which is not fetched: its source is in the image."""
    lines = (files.text(path) or "").splitlines()
    kept = [line for line in lines if not re.match(r"\s*((-e|--editable)[\s=]*)?\.(\[[^\]]*\])?/?\s*(#.*)?$", line)]
    if kept == lines:
        return path
    # Beside the original, since it may include others by relative paths.
    copy = os.path.join(os.path.dirname(path), ".packc-requirements.txt")
    with open(copy, "w", encoding="utf-8") as file:
        file.write("\n".join(kept) + "\n")
    return copy


def package(item):
    name = re.sub(r"[-_.]+", "-", item["metadata"]["name"]).lower()
    info = item.get("download_info") or {}
    archive = info.get("archive_info") or {}
    digest = (archive.get("hashes") or {}).get("sha256")
    if digest is None and archive.get("hash", "").startswith("sha256="):
        digest = archive["hash"][7:]
    if digest is None or item.get("is_direct"):
        fail("%s comes from %s, which cannot be locked; take it from a package index" % (name, info.get("url")))
    filename = info["url"].split("#")[0].rsplit("/", 1)[-1]
    return {"name": name, "version": item["metadata"]["version"], "sha256": [digest], "filename": filename}


def main():
    requirements, output, cache = sys.argv[1:4]
    with tempfile.TemporaryDirectory() as directory:
        report = os.path.join(directory, "report.json")
        command = [
            sys.executable, "-I", "-B", "-m", "pip", "install", "--dry-run", "--ignore-installed", "--prefer-binary", "--no-input",
            "--disable-pip-version-check", "--progress-bar", "off", "--cache-dir", cache, "--report", report,
            "--requirement", without_own_package(requirements),
        ]
        code = subprocess.call(command)
        if code:
            sys.stderr.write(
                "packc: pip found no set of packages for Python %d.%d; .python-version or requires-python chooses another\n"
                % sys.version_info[:2]
            )
            raise SystemExit(code)
        with open(report, encoding="utf-8") as file:
            installed = json.load(file)["install"]
    packages = sorted((package(item) for item in installed), key=lambda one: one["name"])
    with open(output, "w", encoding="utf-8") as file:
        json.dump({"packages": packages}, file, sort_keys=True, indent=1)


main()
