"""What setup.cfg and setup.py declare. setup.py is never run: its call of setup() is read as far as it is made of literals."""

import ast
import configparser

from files import Problem, names_of, text


def lines_of(value):
    return [line.strip() for line in value.splitlines() if line.strip() and not line.strip().startswith("#")]


def scripts_of(lines):
    scripts = {}
    for line in lines:
        if "=" in line:
            key, value = line.split("=", 1)
            scripts[key.strip()] = value.strip()
    return scripts


def setup_cfg():
    """[metadata] and [options], None when the file has neither."""
    content = text("setup.cfg")
    if content is None:
        return None
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(content)
    except configparser.Error as error:
        line = getattr(error, "lineno", None) or next((place[0] for place in getattr(error, "errors", [])), None)
        raise Problem("setup.cfg cannot be read: %s" % str(error).splitlines()[0], path="setup.cfg", line=line)
    if not parser.has_section("options") and not parser.has_section("metadata"):
        return None
    dependencies = lines_of(parser.get("options", "install_requires", fallback=""))
    return {
        "name": parser.get("metadata", "name", fallback=None), "dependencies": dependencies,
        "names": names_of(dependencies), "files": ["setup.cfg"],
        "scripts": scripts_of(lines_of(parser.get("options.entry_points", "console_scripts", fallback=""))),
    }


class Literals:
    """Values of a module's names and expressions, where they are plain literals and sums of lists."""

    def __init__(self, tree):
        self.names = {}
        for node in tree.body:
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                self.names[node.targets[0].id] = node.value

    def value(self, node, depth=0):
        """Raises ValueError for what only running the module would tell."""
        if isinstance(node, ast.Name) and node.id in self.names and depth < 8:
            return self.value(self.names[node.id], depth + 1)
        if isinstance(node, (ast.List, ast.Tuple)):
            return [self.value(element, depth) for element in node.elts]
        if isinstance(node, ast.Dict):
            if any(key is None for key in node.keys):
                raise ValueError("**")
            return {self.value(key, depth): self.value(value, depth) for key, value in zip(node.keys, node.values)}
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left, right = self.value(node.left, depth), self.value(node.right, depth)
            if type(left) is not type(right):
                raise ValueError("+")
            return left + right
        return ast.literal_eval(node)


def strings(value):
    if isinstance(value, str):
        return lines_of(value)
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return value
    raise ValueError("no list of strings")


def setup_call(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "setup":
            return node
    return None


def setup_py():
    """The declarations of setup.py, None without one; `dependencies` is None where they are no literals."""
    content = text("setup.py")
    if content is None:
        return None
    try:
        tree = ast.parse(content, "setup.py")
    except SyntaxError as error:
        raise Problem("setup.py: %s" % error.msg, path="setup.py", line=error.lineno)
    except (ValueError, RecursionError):
        return None
    call = setup_call(tree)
    if call is None:
        return None
    literals = Literals(tree)
    known = {"install_requires": [], "entry_points": {}, "name": None}
    for keyword in call.keywords:
        if keyword.arg in known:
            try:
                known[keyword.arg] = literals.value(keyword.value)
            except (ValueError, TypeError, RecursionError, MemoryError, SyntaxError):
                known[keyword.arg] = None
        elif keyword.arg is None:
            # setup(**settings)
            known["install_requires"] = None
    try:
        dependencies = strings(known["install_requires"])
    except ValueError:
        dependencies = None
    try:
        console = known["entry_points"].get("console_scripts", [])
        scripts = scripts_of(strings(console))
    except (ValueError, AttributeError):
        scripts = {}
    return {
        "name": known["name"] if isinstance(known["name"], str) else None, "dependencies": dependencies,
        "names": names_of(dependencies or []), "files": ["setup.py"], "scripts": scripts,
    }
