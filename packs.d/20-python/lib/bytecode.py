"""Byte code that does not depend on time, order or place: every `.pyc` records the hash of its source and is never
checked again (PEP 552, unchecked), and names its source by its path in the image.

`bytecode.py SOURCE IMAGE-PATH OUTPUT [MODULE…]` leaves OUTPUT/**/__pycache__/*.pyc; EXCLUDED holds globs, one a line, of
what is left out. A MODULE is a file that is put beside them, with its byte code. Start it with PYTHONHASHSEED=0, so that
constant sets have one order."""

import os
import py_compile
import re
import shutil
import sys
import warnings


def pattern(glob):
    """A glob over relative paths: `*` stops at a slash, `**/` is any number of directories."""
    out, index = "", 0
    while index < len(glob):
        if glob.startswith("**/", index) and (index == 0 or glob[index - 1] == "/"):
            out, index = out + "(?:.*/)?", index + 3
        elif glob[index] == "*":
            out, index = out + "[^/]*", index + 1
        elif glob[index] == "?":
            out, index = out + "[^/]", index + 1
        else:
            out, index = out + re.escape(glob[index]), index + 1
    return re.compile(out + r"\Z")


def sources(root, excluded):
    """Relative paths of all modules, sorted by bytes."""
    found = []
    for directory, names, files in os.walk(root):
        below = os.path.relpath(directory, root)
        prefix = "" if below == "." else below + "/"
        names[:] = [name for name in names if not any(glob.match(prefix + name) for glob in excluded)]
        for name in files:
            path = prefix + name
            if name.endswith(".py") and not any(glob.match(path) for glob in excluded):
                found.append(path)
    return sorted(found, key=os.fsencode)


def compile_tree(root, image, output, excluded=()):
    warnings.simplefilter("ignore")
    excluded = [pattern(glob) for glob in excluded]
    os.makedirs(output, exist_ok=True)
    for path in sources(root, excluded):
        compile_one(root, path, image, output)


def compile_one(root, path, image, output):
    directory, name = os.path.split(path)
    cached = "%s.%s.pyc" % (name[:-3], sys.implementation.cache_tag)
    target = os.path.join(output, directory, "__pycache__", cached)
    try:
        py_compile.compile(
            os.path.join(root, path), cfile=target, dfile=image.rstrip("/") + "/" + path, doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
    except (py_compile.PyCompileError, SyntaxError, ValueError, RecursionError, UnicodeError) as error:
        # Templates and files for other versions: they stay as source.
        sys.stderr.write("no byte code for %s: %s\n" % (path, str(error).strip().splitlines()[-1]))


def add(module, image, output):
    """Puts one module beside the byte code of others."""
    shutil.copyfile(module, os.path.join(output, os.path.basename(module)))
    compile_one(os.path.dirname(module), os.path.basename(module), image, output)


if __name__ == "__main__":
    compile_tree(sys.argv[1], sys.argv[2], sys.argv[3], os.environ.get("EXCLUDED", "").split())
    for extra in sys.argv[4:]:
        add(extra, sys.argv[2], sys.argv[3])
