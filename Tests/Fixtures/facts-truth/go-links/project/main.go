// Command links shortens addresses.
package main

import (
	"errors"
	"flag"
	"log"
	"net/http"
	"os"

	"example.com/links/internal/store"
)

const defaultPort = "8090"

type server struct {
	mux   *http.ServeMux
	links *store.Links
	token string
}

func env(name, fallback string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return fallback
}

func must(name string) string {
	value, ok := os.LookupEnv(name)
	if !ok {
		log.Fatalf("%s is not set", name)
	}
	return value
}

func (s *server) handle(pattern string, h http.HandlerFunc) {
	s.mux.Handle(pattern, http.TimeoutHandler(h, 0, "late"))
}

func main() {
	admin := flag.String("admin", "127.0.0.1:9091", "address of the administration")
	flag.Parse()
	links, err := store.Open(env("LINKS_FILE", "/var/lib/links/links.json"))
	if err != nil {
		log.Fatal(err)
	}
	s := &server{mux: http.NewServeMux(), links: links, token: must("LINKS_TOKEN")}
	s.handle("GET /{$}", s.home)
	s.handle("POST /links", s.add)
	s.handle("GET /links/{name}", s.show)
	s.handle("/go/{rest...}", s.follow)
	for _, page := range []struct{ path, text string }{{"/about", "about"}, {"/help", "help"}} {
		s.mux.HandleFunc("GET "+page.path, func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(page.text)) })
	}
	metrics := http.NewServeMux()
	metrics.HandleFunc("/metrics", func(w http.ResponseWriter, _ *http.Request) {})
	go http.ListenAndServe(*admin, metrics)
	log.Fatal(http.ListenAndServe(":"+env("PORT", defaultPort), s.mux))
}

func (s *server) home(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("links")) }

func (s *server) add(w http.ResponseWriter, r *http.Request) {
	if err := check(r.FormValue("to")); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.links.Put(r.FormValue("name"), r.FormValue("to"))
}

func (s *server) show(w http.ResponseWriter, r *http.Request) {
	w.Write([]byte(s.links.Get(r.PathValue("name"))))
}

func (s *server) follow(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "https://elsewhere.example.net/"+r.PathValue("rest"), http.StatusFound)
}

const reputation = "https://reputation.example.com/check?host="

func check(host string) error {
	answer, err := http.Get(reputation + host)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return errors.New("the host is not trusted")
	}
	return nil
}
