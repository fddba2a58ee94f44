/// Small projects as people write them: path → text.
enum Projects {
  private static let serverC = """
    #include <arpa/inet.h>
    #include <netinet/in.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/socket.h>
    #include <unistd.h>

    static const char greeting[] = "hello from C\\n";

    int main(void) {
      const char *end = getenv("END");
      if (end && strcmp(end, "abort") == 0) abort();
      if (end) return atoi(end);
      struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(atoi(getenv("PORT")))};
      int server = socket(AF_INET, SOCK_STREAM, 0), one = 1;
      setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
      if (bind(server, (void *)&at, sizeof at) || listen(server, 8)) return 1;
      for (;;) {
        char request[4096], answer[256];
        int client = accept(server, 0, 0);
        if (client < 0) continue;
        if (read(client, request, sizeof request) > 0) {
          int size = snprintf(answer, sizeof answer, "HTTP/1.0 200 OK\\r\\nContent-Length: %zu\\r\\n\\r\\n%s",
                              strlen(greeting), greeting);
          if (write(client, answer, size) != size) perror("write");
        }
        close(client);
      }
    }

    """

  /// A Makefile and a unik.yaml of five lines.
  static let c: [String: String] = [
    "server.c": serverC,
    "Makefile": "CFLAGS = -O1 -g\nserver: server.c\n\t$(CC) $(CFLAGS) -o $@ $<\n",
    "unik.yaml": """
    version: 1
    name: greeter
    build: {command: make}
    artifact: {path: server}
    run: {ports: [8080/tcp]}

    """,
  ]

  /// An HTTP server without dependencies.
  static let go: [String: String] = [
    "go.mod": "module example.com/hello\n\ngo 1.22\n",
    "main.go": """
    package main

    import (
    \t"fmt"
    \t"log"
    \t"net/http"
    \t"os"
    )

    func main() {
    \thttp.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "hello from Go") })
    \tport := os.Getenv("PORT")
    \tif port == "" {
    \t\tport = "8080"
    \t}
    \tlog.Fatal(http.ListenAndServe(":"+port, nil))
    }

    """,
  ]

  /// A workspace whose server needs a vendored package and opens a file.
  static let rust: [String: String] = [
    "Cargo.toml": """
    [workspace]
    members = ["server", "client"]
    resolver = "2"

    [workspace.dependencies]
    greet = "1.0"

    """,
    "server/Cargo.toml": """
    [package]
    name = "server"
    version = "0.1.0"
    edition = "2021"

    [dependencies]
    greet.workspace = true

    """,
    "server/pages/name.txt": "Rust",
    "server/src/main.rs": """
    use std::io::{Read, Write};
    use std::net::TcpListener;

    fn main() {
        let port = std::env::var("PORT").unwrap_or_else(|_| "8080".to_string());
        let listener = TcpListener::bind(format!("0.0.0.0:{port}")).expect("the port is free");
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let _ = stream.read(&mut [0; 4096]);
            let name = std::fs::read_to_string("pages/name.txt").expect("the page is there");
            let body = format!("{} {name}\n", greet::hello());
            let _ = write!(stream, "HTTP/1.0 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        }
    }

    """,
    "client/Cargo.toml": "[package]\nname = \"client\"\nversion = \"0.1.0\"\nedition = \"2021\"\n",
    "client/src/main.rs": "fn main() {\n    println!(\"a client\");\n}\n",
    "vendor/greet/Cargo.toml": "[package]\nname = \"greet\"\nversion = \"1.0.3\"\nedition = \"2021\"\n",
    "vendor/greet/src/lib.rs": "pub fn hello() -> &'static str {\n    \"hello from\"\n}\n",
    // No file is listed: what is said here of the archive is what Cargo.lock says of it.
    "vendor/greet/.cargo-checksum.json":
      "{\"files\":{},\"package\":\"\(String(repeating: "5e", count: 32))\"}",
    ".cargo/config.toml": "[source.crates-io]\nreplace-with = \"own\"\n\n[source.own]\ndirectory = \"vendor\"\n",
    "Cargo.lock": """
    version = 3

    [[package]]
    name = "client"
    version = "0.1.0"

    [[package]]
    name = "greet"
    version = "1.0.3"
    source = "registry+https://github.com/rust-lang/crates.io-index"
    checksum = "\(String(repeating: "5e", count: 32))"

    [[package]]
    name = "server"
    version = "0.1.0"
    dependencies = [
     "greet",
    ]

    """,
  ]

  /// A plain requirements.txt: no hashes, no exact versions.
  static let flask: [String: String] = [
    "requirements.txt": "flask>=3,<4\n",
    "app.py": """
    from flask import Flask

    app = Flask(__name__)


    @app.route("/")
    def hello():
        return "hello from Flask\\n"

    """,
  ]

  /// A Go program that needs no more of the standard library than the runtime.
  static func goPrint(_ text: String) -> String { "package main\n\nfunc main() { println(\"\(text)\") }\n" }

  /// What unik.yaml says of a program that the command leaves at `out`.
  static func made(by command: String, path: String = "out") -> [String: String] {
    ["unik.yaml": "version: 1\nname: made\nbuild:\n  command: |\n    \(command)\nartifact: {path: \(path)}\n"]
  }
}
