import os


def flag(name, default="0"):
    return os.environ.get(name, default) not in ("", "0", "no")


DEBUG = flag("NOTES_DEBUG")
READ_ONLY = flag("NOTES_READ_ONLY")
DATABASE = os.getenv("NOTES_DATABASE", "notes.db")
CACHE_HOST = "cache.internal"
SEARCH = "https://search.example.net/v2"
MAIL_TOKEN = os.getenv("MAIL_TOKEN")
if not MAIL_TOKEN:
    raise RuntimeError("MAIL_TOKEN is not set")
