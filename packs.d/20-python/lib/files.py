"""How this pack says what is wrong with a project, and reads its files."""

import re


class Problem(Exception):
    """Becomes the pack's error: `code` begins with lock_ where a lock is missing or out of date."""

    def __init__(self, message, hint=None, path=None, line=None, code="bad_project_file"):
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.path = path
        self.line = line
        self.code = code

    def json(self):
        return {"message": self.message, "hint": self.hint, "path": self.path, "line": self.line, "code": self.code}


def decode(content):
    """As pip reads it: by its byte order mark, else UTF-8. `pip freeze > requirements.txt` writes UTF-16 on Windows."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, "replace")
    return content.decode("utf-8", "replace")


def text(path):
    """The file's text, None when there is none."""
    try:
        with open(path, "rb") as file:
            return decode(file.read()).replace("\r\n", "\n")
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return None
    except ValueError:
        # A name that no file has: it holds a NUL.
        return None
    except OSError as error:
        raise Problem("%s cannot be read: %s" % (path, error.strerror), path=path)


def toml(path):
    """The file as a dictionary, None when it does not exist."""
    content = text(path)
    if content is None:
        return None
    try:
        import tomllib as reader
    except ImportError:
        try:
            from pip._vendor import tomli as reader
        except ImportError:
            raise Problem(
                "%s cannot be read: this Python has neither tomllib nor pip" % path, "use Python 3.11 or newer", path
            )
    try:
        return reader.loads(content)
    except reader.TOMLDecodeError as error:
        place = re.search(r"at line (\d+)", str(error))
        raise Problem(
            "%s is not valid TOML: %s" % (path, error), path=path, line=int(place.group(1)) if place else None)


def normalized(name):
    """PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


NAME = re.compile(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[([^\]]*)\])?")


def names_of(lines):
    """Normalised names of requirements, with each extra as `fastapi[standard]` too."""
    names = set()
    for line in lines:
        match = NAME.match(line)
        if match:
            names.add(normalized(match.group(1)))
            for extra in (match.group(2) or "").split(","):
                if extra.strip():
                    names.add("%s[%s]" % (normalized(match.group(1)), normalized(extra.strip())))
    return sorted(names)
