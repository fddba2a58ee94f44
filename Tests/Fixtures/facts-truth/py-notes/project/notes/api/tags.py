from flask import Blueprint

tags = Blueprint("tags", __name__)


@tags.route("/")
@tags.route("/all")
def listed():
    return []


@tags.patch("/<string:name>")
def renamed(name):
    return name
