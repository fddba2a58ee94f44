"""Unpacks wheels into one directory, as the wheel format has it (PEP 427), and compiles them:
`install.py WHEELS IMAGE-PATH OUTPUT`. What a wheel holds decides what comes out: no scripts are made (their first line
would name a path of this host), and nothing is written that the wheel does not hold but INSTALLER and byte code."""

import os
import shutil
import stat
import sys
import zipfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import bytecode  # noqa: E402


def fail(message):
    sys.stderr.write("packc: %s\n" % message)
    raise SystemExit(1)


def place(name, wheel):
    """Where a member goes, relative to site-packages; None for scripts and headers."""
    parts = name.split("/")
    if name.startswith("/") or ".." in parts or "" in parts[:-1] or "\\" in name:
        fail("%s holds the path %r" % (wheel, name))
    if parts[0].endswith(".data") and len(parts) > 2:
        # data/ goes where `pip --target` puts it, into the directory itself.
        return "/".join(parts[2:]) if parts[1] in ("purelib", "platlib", "data") else None
    return name


def unpack(path, output):
    wheel = os.path.basename(path)
    information = None
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if member.is_dir():
                continue
            relative = place(member.filename, wheel)
            if relative is None:
                continue
            if relative.endswith(".dist-info/WHEEL"):
                information = os.path.dirname(relative)
            target = os.path.join(output, relative)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with archive.open(member) as source, open(target, "wb") as file:
                shutil.copyfileobj(source, file)
            executable = (member.external_attr >> 16) & stat.S_IXUSR
            os.chmod(target, 0o755 if executable else 0o644)
    if information is None:
        fail("%s is not a wheel: it has no WHEEL file" % wheel)
    with open(os.path.join(output, information, "INSTALLER"), "w") as file:
        file.write("packc\n")


def main():
    wheels, image, output = sys.argv[1:4]
    os.makedirs(output)
    names = sorted(os.listdir(wheels), key=os.fsencode)
    for name in names:
        if not name.endswith(".whl"):
            fail("%s is not a wheel" % name)
        unpack(os.path.join(wheels, name), output)
    bytecode.compile_tree(output, image, output)


main()
