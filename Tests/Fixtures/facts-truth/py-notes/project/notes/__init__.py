"""A small service for notes."""

import logging
import os
from logging.handlers import RotatingFileHandler

from flask import Flask

from . import settings
from .api import api
from .pages import pages


def create_app():
    app = Flask(__name__, static_folder=None)
    app.secret_key = os.environ["NOTES_SECRET"]
    app.config["DATABASE"] = settings.DATABASE
    app.register_blueprint(pages)
    app.register_blueprint(api, url_prefix="/api/v1")
    if settings.DEBUG:
        app.logger.setLevel(logging.DEBUG)
    os.makedirs("logs", exist_ok=True)
    handler = RotatingFileHandler(os.path.join("logs", "notes.log"), maxBytes=1 << 20)
    app.logger.addHandler(handler)

    @app.get("/healthz")
    def healthz():
        return {"ok": True}

    return app
