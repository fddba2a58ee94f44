"""What makes and holds routes in each framework."""

VERBS = ("get", "post", "put", "delete", "patch", "head", "options", "trace")
KIND = ["routes"]
# Decorators that register beside those that are called like a method.
REGISTERING = ("route", "api_route", "websocket", "websocket_route", "view")

# Constructor of what holds routes → family, and whether it is a root rather than something that is included elsewhere.
HOLDERS = {
    "flask.Flask": ("flask", True), "flask.app.Flask": ("flask", True), "quart.Quart": ("flask", True),
    "apiflask.APIFlask": ("flask", True), "flask_openapi3.OpenAPI": ("flask", True),
    "flask.Blueprint": ("flask", False), "flask.blueprints.Blueprint": ("flask", False), "quart.Blueprint": ("flask", False),
    "apiflask.APIBlueprint": ("flask", False), "flask_openapi3.APIBlueprint": ("flask", False),
    "flask_smorest.Blueprint": ("flask", False),
    "flask_restful.Api": ("restful", False), "flask_restx.Api": ("restful", False), "flask_restx.Namespace": ("restful", False),
    "flask_restplus.Api": ("restful", False), "flask_restplus.Namespace": ("restful", False),
    "fastapi.FastAPI": ("fastapi", True), "fastapi.applications.FastAPI": ("fastapi", True),
    "fastapi.APIRouter": ("fastapi", False), "fastapi.routing.APIRouter": ("fastapi", False),
    "starlette.applications.Starlette": ("fastapi", True), "starlette.routing.Router": ("fastapi", False),
    "bottle.Bottle": ("bottle", True), "bottle.app": ("bottle", True), "bottle.default_app": ("bottle", True),
    "aiohttp.web.Application": ("aiohttp", True), "aiohttp.web.RouteTableDef": ("aiohttp", False),
    "sanic.Sanic": ("sanic", True), "sanic.Blueprint": ("sanic", False), "sanic.blueprints.Blueprint": ("sanic", False),
    "falcon.App": ("falcon", True), "falcon.API": ("falcon", True), "falcon.asgi.App": ("falcon", True),
    "tornado.web.Application": ("tornado", True),
}
FRAMEWORKS = {name.split(".")[0] for name in HOLDERS}


class Holder:
    """An application, blueprint or router: where it is made, and what it is put below."""

    def __init__(self, call, module, family, is_root):
        self.call = call
        self.module = module
        self.family = family
        self.is_root = is_root
        self.routes = []
        # (parent holder or None for the root, prefix, whether it takes the place of the own one)
        self.parents = []
        self.own = ""
