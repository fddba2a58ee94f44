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
