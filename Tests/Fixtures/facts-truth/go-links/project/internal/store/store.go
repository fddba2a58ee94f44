// Package store keeps links in a file.
package store

import (
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
)

const journal = "/var/lib/links/journal"

// Links is what is kept.
type Links struct {
	lock sync.Mutex
	path string
	all  map[string]string
}

// Open reads the file, which need not be there.
func Open(path string) (*Links, error) {
	if err := os.MkdirAll("/var/lib/links", 0o755); err != nil {
		return nil, err
	}
	links := &Links{path: path, all: map[string]string{}}
	content, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return links, nil
	}
	return links, json.Unmarshal(content, &links.all)
}

// Get gives one.
func (l *Links) Get(name string) string { return l.all[name] }

// Put takes one.
func (l *Links) Put(name, to string) {
	l.lock.Lock()
	defer l.lock.Unlock()
	l.all[name] = to
	file, err := os.OpenFile(journal, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err == nil {
		defer file.Close()
		file.WriteString(name + " " + to + "\n")
	}
}
