"""What was found, in the form that packc's packs share."""

ENV = "env"
ALL = "*"


class Report:
    def __init__(self):
        self._sites = set()
        self._gaps = set()
        self._doubts = set()

    def site(self, kind, value, module, node):
        self._sites.add((kind, value, module.path, getattr(node, "lineno", 1)))

    def gap(self, kinds, what, module, node):
        self._gaps.add((tuple(kinds), module.path, getattr(node, "lineno", 1), what))

    def doubt(self, kinds, what):
        self._doubts.add((tuple(kinds), what))

    def has_gap(self, kind):
        return any(kind in kinds or ALL in kinds for kinds, _, _, _ in self._gaps)

    def json(self):
        return {
            "sites": [
                {"kind": kind, "value": value, "path": path, "line": line}
                for kind, value, path, line in sorted(self._sites)
            ],
            "gaps": [
                {"kinds": list(kinds), "path": path, "line": line, "what": what}
                for kinds, path, line, what in sorted(self._gaps)
            ],
            "doubts": [{"kinds": list(kinds), "what": what} for kinds, what in sorted(self._doubts)],
        }
