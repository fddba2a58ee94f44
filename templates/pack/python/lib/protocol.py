"""What every pack in Python does the same: reads the request, calls the phase, writes the response, ends with the code."""

import base64
import json
import os
import sys

BAD_REQUEST, TOOLCHAIN_MISSING, UNSUPPORTED, PROJECT_ERROR, NOT_APPLICABLE = 65, 69, 76, 78, 100


class Refusal(Exception):
    """Ends the call with an error: an exit code of the protocol, and what `error` of the response holds. The location
    is path=, line= and column=."""

    def __init__(self, exit_code, code, message, hint, candidates=None, **location):
        super().__init__(message)
        self.exit_code = exit_code
        error = {"code": code, "message": message, "hint": hint, "candidates": candidates, "location": location}
        self.error = {key: value for key, value in error.items() if value}


def read(path, limit=1 << 20):
    """A file of the project as text; nothing of it is trusted, not even its size."""
    with open(path, "rb") as file:
        return file.read(limit).decode("utf-8", "replace")


def call(request, phases, diagnostics):
    if request["protocol"].split(".")[0] != "1" or request.get("requires"):
        raise Refusal(UNSUPPORTED, "protocol_unsupported", "this pack speaks 1.0 and no additions", "take a newer pack")
    if sys.argv[1:] != [request["phase"]] or request["phase"] not in phases:
        raise Refusal(BAD_REQUEST, "bad_request", "this pack has no such phase", "see pack.json")
    return phases[request["phase"]](request, diagnostics)


def serve(phases):
    """`phases`: by name, functions (request, diagnostics) → result; None is "not applicable"."""
    try:
        request = json.loads(sys.stdin.buffer.read().decode("utf-8"))
        response = request["io"]["response"]
        path = os.fsencode(response) if isinstance(response, str) else base64.b64decode(response["base64"])
        answer = {"protocol": "1.0", "request_id": request["request_id"], "diagnostics": []}
        request["protocol"].split, request["phase"]
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        print(f"this is not a request: {problem!r}", file=sys.stderr)
        sys.exit(BAD_REQUEST)
    try:
        result = call(request, phases, answer["diagnostics"])
        code = NOT_APPLICABLE if result is None else 0
        answer.update({"status": "not_applicable"} if result is None else {"status": "ok", "result": result})
    except Refusal as refusal:
        code = refusal.exit_code
        answer.update(status="error", error=refusal.error)
    with open(path, "w", encoding="utf-8") as file:
        file.write(json.dumps(answer, indent=1, sort_keys=True) + "\n")
    sys.exit(code)
