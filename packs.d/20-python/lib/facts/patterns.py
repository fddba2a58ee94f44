"""Paths of routes as the contract has them, out of what frameworks write."""

import re


def normal(path, style):
    """The path with `{name}` for each parameter, and whether that says all that it matches."""
    if style == "regex":
        return regex(path)
    if style == "any":
        style = "flask" if "<" in path else "braces"
    if style == "flask":
        return re.sub(r"<(?:[^<>:]*:)?([^<>:]+)>", lambda m: "{%s}" % m.group(1), path), True
    if style in ("sanic", "bottle"):
        path = re.sub(r"<:[^<>]*>", "{*}", re.sub(r"<([^<>:]+)(?::[^<>]*)?>", lambda m: "{%s}" % m.group(1), path))
        if style == "bottle":
            path = re.sub(r"(?<=/):([A-Za-z_]\w*)", lambda m: "{%s}" % m.group(1), path)
        return path, True
    return path, True


def regex(pattern):
    """A path out of a regular expression: groups are parameters. Not exact where more than that is in it."""
    text = pattern.strip()
    is_exact = True
    text = re.sub(r"^(\(\?i\))?[\^]?", "", text)
    text = re.sub(r"(\$|\\Z|\\z)$", "", text)
    out, index, count = "", 0, 0
    while index < len(text):
        character = text[index]
        if character == "(":
            end = closing(text, index)
            if end is None:
                return out, False
            inside = text[index + 1 : end]
            name = re.match(r"\?P<(\w+)>", inside)
            after = text[end + 1 : end + 2]
            if inside.startswith("?:") or inside.startswith("?=") or inside.startswith("?!"):
                is_exact = False
                plain = inside[2:]
                if re.fullmatch(r"[\w/.-]*", plain) and after not in ("?", "*"):
                    out += plain
            else:
                count += 1
                out += "{%s}" % (name.group(1) if name else "*")
                is_exact = is_exact and after not in ("?", "*")
            index = end + 1 + (1 if after in ("?", "*", "+") else 0)
            continue
        if character == "\\" and index + 1 < len(text):
            escaped = text[index + 1]
            if escaped.isalnum():
                is_exact = False
                out += "{*}" if not out.endswith("{*}") else ""
                index += 2
                while index < len(text) and text[index] in "+*?":
                    index += 1
                continue
            out += escaped
            index += 2
            continue
        if character == "[" or character == ".":
            end = text.find("]", index) if character == "[" else index
            nxt = text[end + 1 : end + 2]
            if character == "." and nxt not in ("*", "+", "?"):
                out += "."
                index += 1
                continue
            is_exact = False
            out += "{*}" if not out.endswith("{*}") else ""
            index = (end if end >= 0 else index) + 1
            while index < len(text) and text[index] in "+*?":
                index += 1
            continue
        if character == "?":
            # An optional slash at the end is how people write it; the path is the one with the slash's character.
            is_exact = False
            if out.endswith("/"):
                out = out[:-1]
            index += 1
            continue
        if character in "|*+^$":
            is_exact = False
            index += 1
            continue
        out += character
        index += 1
    return out, is_exact


def closing(text, start):
    depth, index = 0, start
    while index < len(text):
        if text[index] == "\\":
            index += 2
            continue
        if text[index] == "[":
            end = text.find("]", index + 1)
            index = end if end > 0 else index
        elif text[index] == "(":
            depth += 1
        elif text[index] == ")":
            depth -= 1
            if depth == 0:
                return index
        index += 1
    return None
