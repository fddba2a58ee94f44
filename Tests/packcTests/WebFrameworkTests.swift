import Glibc
import PackCore
import TestSupport
import XCTest

/// Frameworks with what makes them hard: compiled wheels, static files that are collected, several programs in one module.
/// Each is built once and answers; containers show that the port is only known when they start.
final class WebFrameworkTests: XCTestCase {
  private func answer(_ site: Site, _ project: HostPath) throws -> String {
    let port = try Ports.free()
    let machine = try Background(site, ["run", "\(project)", "-p", "127.0.0.1:\(port):8080"])
    let body = try machine.answer(port: port, within: 180)
    machine.signal(SIGTERM)
    XCTAssertNotNil(try machine.end(within: 10), machine.output)
    return body
  }

  /// Under runc, on the host's network, at a port that is given when it starts.
  private func answerInContainer(
    _ site: Site, _ project: HostPath, path: String = ""
  ) throws -> (body: String, other: String) {
    let port = try Ports.free()
    let container = try Background(site, ["run", "\(project)", "--oci", "-e", "PORT=\(port)"])
    let body = try container.answer(port: port)
    let other =
      path.isEmpty ? "" : try Tools.output("curl", ["-s", "--max-time", "30", "http://127.0.0.1:\(port)/\(path)"])
    container.signal(SIGTERM)
    XCTAssertNotNil(try container.end(within: 10), container.output)
    return (body, other)
  }

  func testFastAPIWithCompiledWheels() throws {
    let site = try Site()
    let project = try site.write(
      [
        "requirements.txt": "fastapi>=0.100\nuvicorn\n",
        "app/__init__.py": "",
        "app/main.py": """
        import pydantic_core
        from fastapi import FastAPI
        from fastapi.responses import PlainTextResponse
        from pydantic import BaseModel

        app = FastAPI()


        class Item(BaseModel):
            price: int


        @app.get("/", response_class=PlainTextResponse)
        def hello() -> str:
            return "hello from FastAPI, %d\\n" % Item.model_validate_json('{"price": "7"}').price

        """,
      ], to: "api")
    let built = try site.build(project)
    XCTAssertEqual(built.decision("program")?["value"], "app.main:app")
    XCTAssertEqual(built.decision("server")?["value"], "uvicorn")
    try Listings.assertNoShell(built)
    XCTAssertEqual(try answer(site, project), "hello from FastAPI, 7\n")
    XCTAssertEqual(try answerInContainer(site, project).body, "hello from FastAPI, 7\n")
    try Leftovers.assertNone(site)
  }

  private static let django: [String: String] = {
    let named = "import os\n\nos.environ.setdefault(\"DJANGO_SETTINGS_MODULE\", \"shop.settings\")\n"
    return [
      "requirements.txt": "django>=5,<6\ngunicorn\nwhitenoise\n", "shop/__init__.py": "",
      "Procfile": "release: python manage.py migrate\nweb: python manage.py migrate && gunicorn shop.wsgi -b :$PORT\n",
      "unik.yaml": "version: 1\nrun: {env: {SECRET_KEY: of-a-test}}\n",
      "manage.py": named + """

        if __name__ == "__main__":
            import sys

            from django.core.management import execute_from_command_line

            execute_from_command_line(sys.argv)

        """,
      "shop/settings.py": """
      import os
      from pathlib import Path

      BASE_DIR = Path(__file__).resolve().parent.parent
      SECRET_KEY = os.environ["SECRET_KEY"]
      ALLOWED_HOSTS = ["*"]
      INSTALLED_APPS = ["django.contrib.staticfiles", "shop"]
      MIDDLEWARE = ["whitenoise.middleware.WhiteNoiseMiddleware"]
      ROOT_URLCONF = "shop.urls"
      STATIC_URL = "static/"
      STATIC_ROOT = BASE_DIR / "staticfiles"
      STORAGES = {"staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}}

      """,
      "shop/urls.py": """
      from django.http import HttpResponse
      from django.templatetags.static import static
      from django.urls import path

      urlpatterns = [path("", lambda request: HttpResponse(static("shop/style.css")))]

      """,
      "shop/wsgi.py": named + """

        from django.core.wsgi import get_wsgi_application

        application = get_wsgi_application()

        """,
      "shop/static/shop/style.css": "body { color: black }\n",
    ]
  }()

  func testDjangoWithItsStaticFiles() throws {
    let site = try Site()
    let project = try site.write(Self.django, to: "shop")
    let built = try site.build(project)
    XCTAssertEqual(built.statuses["static"], "ran")
    XCTAssertTrue(built.log.contains("`python manage.py migrate` is not run before the program"), built.log)
    let (body, style) = try answerInContainer(site, project, path: "static/shop/style.35e438287c1a.css")
    XCTAssertEqual(body, "/static/shop/style.35e438287c1a.css", "the name with the hash of the content")
    XCTAssertEqual(style, "body { color: black }\n")
    // Collected again it comes to the same.
    XCTAssertEqual(try site.build(project, "--no-cache", "--no-unikernel").diffIDs, built.diffIDs)
    try Leftovers.assertNone(site)
  }

  func testOfSeveralGoProgramsTheServerIsTaken() throws {
    let site = try Site()
    let project = try site.write(
      [
        "go.mod": "module example.com/shop\n\ngo 1.22\n",
        "cmd/migrate/main.go": "package main\n\nfunc main() { println(\"nothing to migrate\") }\n",
        "cmd/web/main.go": "package main\n\nimport \"example.com/shop/internal/site\"\n\nfunc main() { site.Run() }\n",
        "internal/site/site.go": (Projects.go["main.go"] ?? "").replacing("package main", with: "package site")
          .replacing("func main()", with: "func Run()"),
      ], to: "shop")
    let built = try site.build(project)
    XCTAssertEqual(built.decision("program")?["value"], "./cmd/web")
    XCTAssertEqual(
      built.decision("program")?["source"], "cmd/web/main.go (the only main package that listens on a port)")
    XCTAssertEqual(try answer(site, project), "hello from Go\n")
    let other = try site.build(project, "--app", "migrate")
    XCTAssertEqual(other.decision("program")?["value"], "./cmd/migrate")
    let run = try site.packc("run", "\(project)").run()
    XCTAssertEqual(run.result.end, .exited(0))
    XCTAssertTrue((run.standardOutput + run.standardError).contains("nothing to migrate"))
    try Leftovers.assertNone(site)
  }
}
