import requests
from flask import jsonify, request

from .. import settings
from ..cache import recall, remember
from . import api

HOOK = "https://hooks.example.com:8443/notes"


def search(path):
    return f"{settings.SEARCH}/{path}"


@api.get("/notes")
def listed():
    found = requests.get(search("notes"), params={"q": request.args.get("q", "")}, timeout=5)
    return jsonify(found.json())


@api.post("/notes")
def added():
    body = request.get_json()
    requests.post(HOOK, json=body, timeout=5)
    return jsonify(body), 201


@api.route("/notes/<uuid:note>", methods=["GET", "PUT", "DELETE"])
def one(note):
    text = recall(note)
    if request.method == "PUT":
        remember(note, request.data)
    with open("journal.txt", "a", encoding="utf-8") as journal:
        journal.write("%s %s\n" % (request.method, note))
    return text or ""
