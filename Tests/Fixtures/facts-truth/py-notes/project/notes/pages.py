from flask import Blueprint, redirect, request
from flask.views import MethodView

from .cache import visit

pages = Blueprint("pages", __name__)


@pages.route("/")
def home():
    visit()
    return "notes"


@pages.route("/login", methods=["GET", "POST"])
def login():
    if request.method == "POST":
        return redirect("https://accounts.example.org/start")
    return "who are you?"


class Archive(MethodView):
    def get(self, year):
        return str(year)

    def delete(self, year):
        return "", 204


pages.add_url_rule("/archive/<int:year>", view_func=Archive.as_view("archive"))
