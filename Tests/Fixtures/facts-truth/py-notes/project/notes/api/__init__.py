from flask import Blueprint

from .tags import tags

api = Blueprint("api", __name__)
api.register_blueprint(tags, url_prefix="/tags")

from . import notes  # noqa: E402,F401
