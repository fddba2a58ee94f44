// Command facts prints what the source of a Go program says of it, as one JSON document. It reads the files that its input
// names and runs none of them. It is built by the host's go from these files alone, with the standard library.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sort"
)

// Input is what packc's pack says on standard input: the program's files and where the project's own modules lie, all
// relative to the directory in which this is started.
type Input struct {
	Files   []string          `json:"files"`
	Modules map[string]string `json:"modules"` // module path → directory
	Doubts  []string          `json:"doubts"`
}

type site struct {
	Kind  string `json:"kind"`
	Value string `json:"value"`
	Path  string `json:"path"`
	Line  int    `json:"line"`
}

type gap struct {
	Kinds []string `json:"kinds"`
	Path  string   `json:"path"`
	Line  int      `json:"line"`
	What  string   `json:"what"`
}

type doubt struct {
	Kinds []string `json:"kinds"`
	What  string   `json:"what"`
}

// Report collects findings; the same one counts once.
type Report struct {
	sites  map[site]bool
	gaps   map[string]gap
	doubts map[string]doubt
}

func newReport() *Report {
	return &Report{map[site]bool{}, map[string]gap{}, map[string]doubt{}}
}

func (r *Report) write(out io.Writer) error {
	document := struct {
		Sites  []site  `json:"sites"`
		Gaps   []gap   `json:"gaps"`
		Doubts []doubt `json:"doubts"`
	}{[]site{}, []gap{}, []doubt{}}
	for found := range r.sites {
		document.Sites = append(document.Sites, found)
	}
	for _, found := range r.gaps {
		document.Gaps = append(document.Gaps, found)
	}
	for _, found := range r.doubts {
		document.Doubts = append(document.Doubts, found)
	}
	sort.Slice(document.Sites, func(i, j int) bool {
		return fmt.Sprint(document.Sites[i]) < fmt.Sprint(document.Sites[j])
	})
	sort.Slice(document.Gaps, func(i, j int) bool { return fmt.Sprint(document.Gaps[i]) < fmt.Sprint(document.Gaps[j]) })
	sort.Slice(document.Doubts, func(i, j int) bool {
		return fmt.Sprint(document.Doubts[i]) < fmt.Sprint(document.Doubts[j])
	})
	return json.NewEncoder(out).Encode(document)
}

func (r *Report) hasGap(kind string) bool {
	for _, found := range r.gaps {
		for _, name := range found.Kinds {
			if name == kind || name == "*" {
				return true
			}
		}
	}
	return false
}

func (r *Report) doubt(what string, kinds ...string) {
	r.doubts[what+fmt.Sprint(kinds)] = doubt{kinds, what}
}

func main() {
	var input Input
	if err := json.NewDecoder(io.LimitReader(os.Stdin, 64<<20)).Decode(&input); err != nil {
		fmt.Fprintln(os.Stderr, "facts: the input cannot be read:", err)
		os.Exit(65)
	}
	report := newReport()
	for _, what := range input.Doubts {
		report.doubt(what, "*")
	}
	program := load(input, report)
	reader := &Reader{program: program, report: report, holders: map[any]*holder{}, ofValue: map[key][]string{}}
	reader.read()
	if err := report.write(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "facts:", err)
		os.Exit(70)
	}
}
