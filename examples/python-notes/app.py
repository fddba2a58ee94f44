"""A notebook in memory: a JSON API and a page that uses it."""

import os
import threading
from dataclasses import asdict, dataclass

from flask import Flask, abort, jsonify, render_template, request

MAX_NOTES = 1000
MAX_TEXT = 4096


@dataclass(frozen=True)
class Note:
    id: int
    text: str


class Notebook:
    """Notes by id. One process serves them with several threads, hence the lock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._notes: dict[int, Note] = {}
        self._next = 1

    def all(self) -> list[Note]:
        with self._lock:
            return list(self._notes.values())

    def get(self, note_id: int) -> Note | None:
        with self._lock:
            return self._notes.get(note_id)

    def add(self, text: str) -> Note | None:
        """The new note, or None when the notebook is full."""
        with self._lock:
            if len(self._notes) >= MAX_NOTES:
                return None
            note = Note(self._next, text)
            self._notes[note.id] = note
            self._next += 1
            return note

    def remove(self, note_id: int) -> bool:
        with self._lock:
            return self._notes.pop(note_id, None) is not None


app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = 16 * 1024
notebook = Notebook()


@app.get("/")
def page() -> str:
    return render_template("notes.html", notes=notebook.all())


@app.get("/healthz")
def health() -> str:
    return "ok"


@app.get("/notes")
def list_notes():
    return jsonify([asdict(note) for note in notebook.all()])


@app.get("/notes/<int:note_id>")
def show_note(note_id: int):
    note = notebook.get(note_id)
    if note is None:
        abort(404)
    return jsonify(asdict(note))


@app.post("/notes")
def add_note():
    body = request.get_json(silent=True)
    text = body.get("text") if isinstance(body, dict) else None
    if not isinstance(text, str) or not 0 < len(text.strip()) <= MAX_TEXT:
        return jsonify(error=f"send {{\"text\": …}} with 1 to {MAX_TEXT} characters"), 400
    note = notebook.add(text.strip())
    if note is None:
        return jsonify(error=f"the notebook holds {MAX_NOTES} notes at most"), 507
    return jsonify(asdict(note)), 201


@app.delete("/notes/<int:note_id>")
def remove_note(note_id: int):
    if not notebook.remove(note_id):
        abort(404)
    return "", 204


@app.errorhandler(404)
@app.errorhandler(405)
@app.errorhandler(413)
def plain_error(error):
    return jsonify(error=error.name.lower()), error.code


if __name__ == "__main__":
    app.run(host="0.0.0.0", port=int(os.environ.get("PORT", "8080")))
