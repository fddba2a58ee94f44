package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// visits counts the requests to each path, up to a fixed number of paths: a stranger who asks for a million different
// ones must not fill the memory.
type visits struct {
	mutex  sync.Mutex
	counts map[string]int
	other  int
	since  time.Time
}

const maxPaths = 1000

func (v *visits) add(path string) int {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	if _, known := v.counts[path]; !known && len(v.counts) >= maxPaths {
		v.other++
		return v.other
	}
	v.counts[path]++
	return v.counts[path]
}

type report struct {
	Since time.Time      `json:"since"`
	Total int            `json:"total"`
	Paths map[string]int `json:"paths"`
	Other int            `json:"other"`
}

func (v *visits) report() report {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	r := report{Since: v.since, Total: v.other, Paths: make(map[string]int, len(v.counts)), Other: v.other}
	for path, count := range v.counts {
		r.Paths[path] = count
		r.Total += count
	}
	return r
}

func newHandler(now func() time.Time) http.Handler {
	v := &visits{counts: make(map[string]int), since: now().UTC()}
	mux := http.NewServeMux()

	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "ok")
	})
	mux.HandleFunc("/visits", func(w http.ResponseWriter, r *http.Request) {
		if !readOnly(w, r) {
			return
		}
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(v.report()); err != nil {
			http.Error(w, "cannot write the report", http.StatusInternalServerError)
		}
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if !readOnly(w, r) {
			return
		}
		count := v.add(r.URL.Path)
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprintf(w, "Hello from a machine of its own. You are visitor %d.\n", count)
	})
	return mux
}

func readOnly(w http.ResponseWriter, r *http.Request) bool {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return true
	}
	w.Header().Set("Allow", "GET, HEAD")
	http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
	return false
}
