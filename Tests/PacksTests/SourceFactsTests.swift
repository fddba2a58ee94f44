import PackCore
import TestSupport
import XCTest

@testable import LanguagePacks
@testable import Packs

/// The phase `facts` of the packs that read source, through the protocol. What is found in whole projects is measured by
/// scripts/facts-truth.py; here are the ways in which a list must not say that it is whole, and input that nobody writes.
final class SourceFactsTests: XCTestCase {
  private typealias Facts = [String: SourceFact]

  private func facts(_ pack: String, _ files: [String: String], prepare: (Workbench) throws -> Void = { _ in }) throws
    -> Facts
  {
    let bench = try Workbench()
    try bench.useToolsOfTheHost()
    for (path, text) in files { try bench.write(text, "project/\(path)") }
    try prepare(bench)
    let found = try XCTUnwrap(bench.catalog().pack(named: pack))
    let facts = try bench.host(packs: Workbench.firstParty).facts(found, of: bench.input())
    XCTAssertEqual(facts.map(\.kind).sorted(), SourceKind.allCases.map(\.rawValue).sorted())
    return Dictionary(uniqueKeysWithValues: facts.map { ($0.kind, $0) })
  }

  private func python(_ text: String, _ more: [String: String] = [:]) throws -> Facts {
    try facts("python", more.merging(["app.py": text]) { own, _ in own })
  }

  private func go(_ text: String, _ imports: String...) throws -> Facts {
    let list = imports.map { "\t\"\($0)\"\n" }.joined()
    return try facts(
      "go", ["go.mod": "module m\n\ngo 1.22\n", "main.go": "package main\n\nimport (\n\(list))\n\n\(text)\n"])
  }

  // MARK: Python

  func testAWholePythonProgram() throws {
    let found = try python(
      """
      import os
      import urllib.request
      NAMES = ["FIRST", "SECOND"]
      def read(name, default=None):
          return os.environ.get(name, default)
      values = [read(name) for name in NAMES]
      HOST = "api.example.com"
      urllib.request.urlopen(f"https://{HOST}:8443/x")
      urllib.request.urlopen("https://user:" + "word" + "@b.example.com/")
      with open("out/log.txt", "a") as file:
          file.write(os.environ["THIRD"])
      """)
    XCTAssertEqual(found["env-optional"]?.values, ["FIRST", "SECOND"])
    XCTAssertEqual(found["env-required"]?.values, ["THIRD"])
    XCTAssertEqual(found["egress"]?.values, ["api.example.com:8443", "b.example.com"])
    XCTAssertEqual(found["writes"]?.values, ["out/log.txt"])
    for (kind, fact) in found { XCTAssertEqual(fact.closed, .closed, "\(kind): \(fact.caveats)") }
  }

  func testPythonListsThatAreNotWhole() throws {
    let rows: [(kind: String, program: String)] = [
      ("env-optional", "import os, sys\nos.getenv(sys.argv[1])"),
      ("env-required", "import os\nprint(dict(os.environ))"),
      ("env-optional", "import os\ne = os.environ\nfor name in e: print(name)"),
      ("egress", "import requests\nrequests.get(input())"),
      ("egress", "import requests\nf = requests.get\nf('https://a.example.com')"),
      ("egress", "import requests\nrequests.get('https://a.example.com' + input())"),
      ("egress", "import subprocess\nsubprocess.run(['curl', 'https://a.example.com'])"),
      ("egress", "import stripe\nstripe.Charge.create()"),
      ("egress", "import socket\ns = socket.socket()\ns.connect((input(), 80))"),
      ("routes", "from flask import Flask\napp = Flask(__name__)\n@app.route(input())\ndef f(): return ''"),
      ("routes", "from fastapi import FastAPI\napp = FastAPI()"),
      ("routes", "def app(environ, start_response):\n  return []"),
      ("routes", "exec(open('x').read())"),
      ("ports", "import http.server\nhttp.server.HTTPServer(('', 0), None)"),
      ("writes", "from pathlib import Path\nPath(input()).write_text('x')"),
      ("writes", "import os\ngetattr(os, input())('x')"),
      ("writes", "import tempfile\ntempfile.NamedTemporaryFile()"),
    ]
    for (kind, program) in rows {
      let fact = try XCTUnwrap(python(program, ["requirements.txt": "flask\nfastapi\nuvicorn\n"])[kind])
      XCTAssertNotEqual(fact.closed, .closed, "\(kind) of \(program)")
      XCTAssertFalse(fact.caveats.isEmpty, program)
    }
  }

  func testRoutersOfRESTFrameworkWithoutAPrefix() throws {
    let found = try python(
      "import django.conf",
      [
        "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n",
        "shop/__init__.py": "", "shop/settings.py": "ROOT_URLCONF = 'shop.urls'\n",
        "shop/urls.py": """
        from django.urls import include, path
        from shop import routes as api
        urlpatterns = [path("api/items/", include(api.items.urls))]
        """,
        "shop/routes.py": """
        from rest_framework import mixins, viewsets
        from rest_framework.decorators import action
        from rest_framework.routers import SimpleRouter
        class Items(viewsets.GenericViewSet, mixins.ListModelMixin, mixins.DestroyModelMixin):
            @action(methods=["post"], detail=True)
            def hide(self, request, pk):
                pass
            @action(detail=False)
            def recent(self, request):
                pass
        items = SimpleRouter()
        items.register("", Items)
        """,
        "shop/tests_browser/helpers.py": "import os\nos.environ['ONLY_FOR_TESTS']\n",
      ])
    XCTAssertEqual(
      found["routes"]?.values,
      ["DELETE /api/items/{pk}/", "GET /api/items/", "GET /api/items/recent/", "POST /api/items/{pk}/hide/"])
    XCTAssertEqual(found["env-required"]?.values, [])
  }

  func testWhatIsReadOnlyWhenItIsThereIsOptional() throws {
    let found = try python(
      """
      import os
      import sys
      try:
          a = os.environ["A"]
      except KeyError:
          a = None
      try:
          b = os.environ["B"]
      except KeyError:
          sys.exit("B is not set")
      if "C" in os.environ and os.environ["C"] == "1":
          print(os.environ["C"])
      d = os.environ["D"] if os.environ.get("D") else "d"
      if "E" not in os.environ:
          print(os.environ["E"])
      try:
          f = int(os.environ["F"])
      except ValueError:
          f = 1
      """)
    XCTAssertEqual(found["env-optional"]?.values, ["A", "C", "D"])
    XCTAssertEqual(found["env-required"]?.values, ["B", "E", "F"])
  }

  func testPortsBehindAHostThatNobodyKnows() throws {
    let found = try go(
      """
      const port = "8091"

      func main() {
      	host := os.Getenv("HOST")
      	go http.ListenAndServe(host+":"+port, nil)
      	go http.ListenAndServe(host+":8092", nil)
      	address := fmt.Sprintf("%s:%d", host, 8093)
      	go http.ListenAndServe(address, nil)
      	net.Listen("tcp", net.JoinHostPort(host, "8094"))
      	http.ListenAndServe(host+"8095", nil)
      }
      """, "fmt", "net", "net/http", "os")
    XCTAssertEqual(found["ports"]?.values, ["8091/tcp", "8092/tcp", "8093/tcp", "8094/tcp"])
    XCTAssertEqual(found["ports"]?.closed, .open)
  }

  func testASocketIsNoPort() throws {
    let found = try python(
      "import waitress\nwaitress.serve(app, unix_socket=path)\nwaitress.serve(app, listen='0.0.0.0:8088')\n")
    XCTAssertEqual(found["ports"]?.values, ["8088/tcp"])
  }

  func testPythonThatCannotBeRead() throws {
    let deep = String(repeating: "(", count: 5000) + "1" + String(repeating: ")", count: 5000)
    let sum = "x = " + Array(repeating: "'a'", count: 3000).joined(separator: " + ")
    let rows = [
      ("nested", deep), ("no Python", "print 'x'\n"), ("an unknown encoding", "# -*- coding: nonsense -*-\n"),
      ("a byte of zero", "x = 1\0\n"), ("too large", "x = 1\n" + String(repeating: "# comment\n", count: 300_000)),
    ]
    for (name, text) in rows {
      let found = try python("import os\nos.getenv('A')\nimport odd\n", ["odd.py": text])
      XCTAssertEqual(found["env-optional"]?.values, ["A"], name)
      XCTAssertEqual(found["routes"]?.closed, .unknown, name)
    }
    XCTAssertNotEqual(
      try python("import os\n" + sum + "\nos.getenv(x)")["env-optional"]?.closed, .closed, "a long sum")
    let links = try facts("python", ["app.py": "import os\nos.getenv('A')\n"]) { bench in
      try FileSystem.createLink(bench.project / "loop", to: Array(".".utf8))
      try FileSystem.createLink(bench.project / "self.py", to: Array("self.py".utf8))
    }
    XCTAssertEqual(links["env-optional"]?.values, ["A"])
  }

  // MARK: Go

  func testAWholeGoProgram() throws {
    let found = try go(
      """
      const host = "api.example.com"

      func get(name, fallback string) string {
      	if v := os.Getenv(name); v != "" {
      		return v
      	}
      	return fallback
      }

      func main() {
      	key, ok := os.LookupEnv("KEY")
      	if !ok {
      		panic("KEY is not set")
      	}
      	http.Get(fmt.Sprintf("https://%s:8443/%s", host, key))
      	os.WriteFile("out/log.txt", []byte(get("LEVEL", "info")), 0o600)
      	http.HandleFunc("GET /users/{id}", nil)
      	http.ListenAndServe(":8080", nil)
      }
      """, "fmt", "net/http", "os")
    XCTAssertEqual(found["env-optional"]?.values, ["LEVEL"])
    XCTAssertEqual(found["env-required"]?.values, ["KEY"])
    XCTAssertEqual(found["egress"]?.values, ["api.example.com:8443"])
    XCTAssertEqual(found["writes"]?.values, ["out/log.txt"])
    XCTAssertEqual(found["routes"]?.values, ["GET /users/{id}"])
    XCTAssertEqual(found["ports"]?.values, ["8080/tcp"])
    for (kind, fact) in found { XCTAssertEqual(fact.closed, .closed, "\(kind): \(fact.caveats)") }
  }

  /// What projects were found to write that the program was read wrong by.
  func testGoAsProjectsWriteIt() throws {
    let found = try go(
      """
      func lookup(name string) (string, error) {
      	if raw, ok := os.LookupEnv(name); ok {
      		return raw, nil
      	}
      	path, ok := os.LookupEnv(name + "_FILE")
      	if !ok {
      		return "", nil
      	}
      	data, err := os.ReadFile(path)
      	if err != nil {
      		return "", fmt.Errorf("read %s: %w", path, err)
      	}
      	return string(data), nil
      }

      var address = ""

      func main() {
      	lookup("MODE")
      	store := "data/shop.db"
      	if os.Getenv("STORE") != "" {
      		store = os.Getenv("STORE")
      	}
      	os.MkdirAll(filepath.Dir(store), 0o755)
      	gorm.Open(mysql.Open(store), nil)
      	g := gin.New()
      	g.OPTIONS("/*any")
      	g.GET("version", func(c *gin.Context) { c.Get("auth") })
      	api := g.Group("api")
      	api.POST("items/:id", nil)
      	address = ":8090"
      	net.Listen("tcp", address)
      }
      """, "fmt", "net", "os", "path/filepath", "github.com/gin-gonic/gin", "gorm.io/gorm", "gorm.io/driver/mysql")
    XCTAssertEqual(found["env-required"]?.values, [])
    XCTAssertEqual(found["env-optional"]?.values, ["MODE", "MODE_FILE", "STORE"])
    XCTAssertEqual(found["routes"]?.values, ["GET /version", "OPTIONS /{any}", "POST /api/items/{id}"])
    XCTAssertEqual(found["ports"]?.values, ["8090/tcp"])
    XCTAssertEqual(found["ports"]?.closed, .open)
    XCTAssertEqual(found["egress"]?.values, [])
    XCTAssertEqual(found["egress"]?.closed, .open)
    XCTAssertEqual(found["writes"]?.values, ["data"])
  }

  func testMethodsOfOneNameAreToldApartByTheirTypes() throws {
    let found = try go(
      """
      type Pages struct{}
      type Items struct{ store *Store }
      type Store struct{}
      type Server struct{ items *Items }

      func newItems() *Items { return &Items{} }

      func (p *Pages) Register(r chi.Router) { r.Get("/about", nil) }
      func (i *Items) Register(r chi.Router) { r.Get("/items", nil) }
      func (s *Store) Register(r chi.Router) { r.Get("/store", nil) }

      func main() {
      	root, api := chi.NewRouter(), chi.NewRouter()
      	root.Mount("/api", api)
      	pages := &Pages{}
      	pages.Register(root)
      	server := Server{items: newItems()}
      	server.items.Register(api)
      	server.items.store.Register(api)
      	http.ListenAndServe(":80", root)
      }
      """, "net/http", "github.com/go-chi/chi/v5")
    XCTAssertEqual(found["routes"]?.values, ["GET /about", "GET /api/items", "GET /api/store"])
    XCTAssertEqual(found["routes"]?.closed, .closed)
  }

  func testGoFlagsAndGroups() throws {
    let found = try go(
      """
      var options struct {
      	Key  string `env:"KEY" required:"true"`
      	Mode string `env:"MODE" default:"fast" required:"true"`
      	Mail struct {
      		Host string `env:"HOST"`
      	} `group:"mail" env-namespace:"MAIL"`
      }

      var flags = []cli.Flag{
      	&cli.StringFlag{Name: "listener", Value: "127.0.0.1:8087"},
      	&cli.StringFlag{Name: "tls-listener", Value: ""},
      }

      func serve(c *cli.Context) {
      	router := routegroup.New(http.NewServeMux())
      	router.HandleFunc("GET /health", nil)
      	router.Mount("/v1").Route(func(group *routegroup.Bundle) {
      		group.HandleFunc("POST /items", nil)
      	})
      	redirect := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
      		if r.URL.Path == "/health" || r.URL.Path == "/other" {
      			router.ServeHTTP(w, r)
      		}
      	})
      	http.ListenAndServe(c.String("listener"), redirect)
      	http.ListenAndServe(c.String("tls-listener"), redirect)
      }

      func main() { serve(nil) }
      """, "net/http", "github.com/go-pkgz/routegroup", "github.com/jessevdk/go-flags", "github.com/urfave/cli/v2")
    XCTAssertEqual(found["env-required"]?.values, ["KEY"])
    XCTAssertEqual(found["env-optional"]?.values, ["MAIL_HOST", "MODE"])
    XCTAssertEqual(found["routes"]?.values, ["* /other", "GET /health", "POST /v1/items"])
    XCTAssertEqual(found["ports"]?.values, ["8087/tcp"])
    for kind in ["routes", "ports"] { XCTAssertEqual(found[kind]?.closed, .open) }
  }

  func testGoListsThatAreNotWhole() throws {
    let rows: [(kind: String, imports: [String], program: String)] = [
      ("env-optional", ["os"], "func main() { os.Getenv(os.Args[1]) }"),
      ("env-required", ["os"], "func main() { println(len(os.Environ())) }"),
      ("egress", ["net/http", "os"], "func main() { http.Get(os.Args[1]) }"),
      ("egress", ["net/http"], "func main() { f := http.Get; f(\"https://a.example.com\") }"),
      ("egress", ["os/exec"], "func main() { exec.Command(\"curl\").Run() }"),
      (
        "routes", ["net/http"],
        "type h struct{}\nfunc (h) ServeHTTP(w http.ResponseWriter, r *http.Request) { println(r.URL.Path) }\n"
          + "func main() { http.ListenAndServe(\":80\", h{}) }"
      ),
      ("routes", ["net/http", "os"], "func main() { http.HandleFunc(os.Args[1], nil) }"),
      (
        "routes", ["net/http"],
        "func main() { http.ListenAndServe(\":80\", http.FileServer(http.Dir(\".\"))) }"
      ),
      ("ports", ["net"], "func main() { net.Listen(\"tcp\", \":0\") }"),
      ("writes", ["os"], "func main() { os.Create(os.Args[1]) }"),
      ("writes", ["os"], "func main() { f := os.Create; f(\"x\") }"),
    ]
    for (kind, imports, program) in rows {
      let list = imports.map { "\t\"\($0)\"\n" }.joined()
      let fact = try XCTUnwrap(
        facts(
          "go", ["go.mod": "module m\n\ngo 1.22\n", "main.go": "package main\n\nimport (\n\(list))\n\n\(program)\n"])[
            kind])
      XCTAssertNotEqual(fact.closed, .closed, "\(kind) of \(program)")
      XCTAssertFalse(fact.caveats.isEmpty, program)
    }
  }

  // MARK: Both

  /// A token that somebody wrote into the source is in no fact, wherever it stands.
  func testTokensStayOut() throws {
    let token = "ghp_aB3dE6gH9jK2mN5pQ8sT1vW4yZ7cF0hJ3kLm"
    let found =
      [
        try python(
          """
          import os
          import requests
          TOKEN = "\(token)"
          requests.get("https://x:\(token)@api.example.com/\(token)", headers={"a": TOKEN})
          open("/var/\(token)", "w")
          os.getenv(TOKEN)
          """, ["requirements.txt": "requests\n"]),
        try go(
          """
          func main() {
          	http.Get("https://x:\(token)@api.example.com/\(token)")
          	os.Create("/var/\(token)")
          	os.Getenv("\(token)")
          	http.HandleFunc("/\(token)", nil)
          }
          """, "net/http", "os"),
      ].flatMap(\.values)
    for fact in found { XCTAssertFalse(CanonicalJSON.string(fact.json).contains(token), fact.kind) }
    XCTAssertEqual(found.filter { $0.kind == "egress" }.map(\.values), [["api.example.com"], ["api.example.com"]])
  }
}
