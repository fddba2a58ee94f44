// The @NAME@ pack of packc. Called as `bin/pack PHASE` in the project's directory, with a request on standard input; the
// answer is a file at io.response (docs/pack-protocol.md of packc). It builds C programs that a @NAME@.conf names: change
// readManifest, findToolchain and plan into what your language needs. `sh build.sh` makes bin/pack.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

const manifestName = "@NAME@.conf"

func main() {
	os.Exit(serve(map[string]func(*request) (object, []string, error){"detect": detect, "plan": plan}))
}

// A value of the manifest, and its line.
type value struct {
	line int
	text string
}

func (v value) source() string {
	if v.line == 0 {
		return "the default"
	}
	return fmt.Sprintf("%s:%d", manifestName, v.line)
}

type manifest struct {
	values   map[string]value
	programs []value
}

var forms = map[string]*regexp.Regexp{
	"cc":      regexp.MustCompile(`^[0-9]{1,4}$`),
	"name":    regexp.MustCompile(`^[a-z0-9-]{1,63}$`),
	"port":    regexp.MustCompile(`^[0-9]{1,5}$`),
	"program": regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_./-]*\.c$`),
}

// readManifest returns nil when there is no manifest.
func readManifest() (*manifest, error) {
	if !isFile(manifestName) {
		return nil, nil
	}
	bytes, err := os.ReadFile(manifestName)
	if err != nil {
		return nil, err
	}
	read := &manifest{values: map[string]value{}}
	for index, text := range strings.Split(string(bytes), "\n") {
		wrong := func(what string) error {
			return &refusal{exit: projectError, Code: "bad_manifest", Message: what, Hint: "see the pack's README",
				Location: &location{manifestName, index + 1}}
		}
		text = strings.TrimSpace(text)
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		key, rest, found := strings.Cut(text, "=")
		key, rest = strings.TrimSpace(key), strings.TrimSpace(rest)
		form := forms[key]
		if !found || form == nil {
			return nil, wrong("expected one of cc, name, port, program = value")
		}
		if !form.MatchString(rest) || !filepath.IsLocal(rest) {
			return nil, wrong("the value of " + key + " is not what it should be: expected " + form.String())
		}
		if number, _ := strconv.Atoi(rest); key == "port" && (number < 1 || number > 65535) {
			return nil, wrong("a port is 1 to 65535")
		}
		if key == "program" {
			read.programs = append(read.programs, value{index + 1, rest})
		} else {
			read.values[key] = value{index + 1, rest}
		}
	}
	return read, nil
}

func (m *manifest) value(key, otherwise string) value {
	if found, is := m.values[key]; is {
		return found
	}
	return value{0, otherwise}
}

func (m *manifest) candidates() []candidate {
	list := []candidate{}
	for _, program := range m.programs {
		list = append(list, candidate{program.text, []string{program.source()}})
	}
	return list
}

func isFile(name string) bool {
	status, err := os.Stat(name)
	return err == nil && status.Mode().IsRegular()
}

func (r *request) asked() string {
	for _, app := range []*string{r.App, r.Options.App} {
		if app != nil {
			return *app
		}
	}
	return ""
}

// chooseProgram never guesses among several: it lists them.
func chooseProgram(asked string, read *manifest) (program value, source string, err error) {
	named := []value{}
	for _, program := range read.programs {
		if asked == "" || program.text == asked {
			named = append(named, program)
		}
	}
	missing := func(what string) error {
		return &refusal{exit: projectError, Code: "program_missing", Message: what, Hint: "add `program = main.c`",
			Location: &location{Path: manifestName}}
	}
	switch {
	case len(named) == 0 && asked != "":
		return program, "", missing("no program line says " + asked)
	case len(named) == 0:
		return program, "", missing("there is no program line")
	case len(named) > 1:
		return program, "", &refusal{exit: projectError, Code: "several_programs", Hint: "choose one with --app",
			Message: fmt.Sprintf("%s has %d programs", manifestName, len(named)), Candidates: read.candidates()}
	case !isFile(named[0].text):
		return program, "", &refusal{exit: projectError, Code: "program_missing", Hint: "mend the line",
			Message: "there is no file " + named[0].text, Location: &location{manifestName, named[0].line}}
	case asked != "":
		return named[0], "--app or options.app", nil
	}
	return named[0], named[0].source(), nil
}

type compiler struct{ path, version, source string }

// findToolchain checks the compiler against what the project asks for.
func findToolchain(asked *request, read *manifest) (found compiler, warnings []string, err error) {
	path, err := exec.LookPath("cc")
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		return found, nil, &refusal{exit: toolchainMissing, Code: "toolchain_missing",
			Message: "there is no C compiler (cc) in PATH", Hint: "apt-get install gcc libc6-dev"}
	}
	output, err := exec.Command(path, "-dumpfullversion", "-dumpversion").Output()
	if err != nil {
		return found, nil, err
	}
	found = compiler{path, strings.TrimSpace(string(output)), "PATH"}
	wanted := read.value("cc", "0")
	if wanted.line == 0 {
		return found, nil, nil
	}
	found.source = fmt.Sprintf("PATH; %s asks for %s or newer", wanted.source(), wanted.text)
	least, _ := strconv.Atoi(wanted.text)
	if major, _, _ := strings.Cut(found.version, "."); atLeast(major, least) {
		return found, nil, nil
	}
	message := fmt.Sprintf("the project asks for cc %s or newer, and this is %s", wanted.text, found.version)
	if asked.Mode == "release" {
		return found, nil, &refusal{exit: toolchainMissing, Code: "toolchain_version", Message: message,
			Hint: "install a newer compiler", Location: &location{manifestName, wanted.line}}
	}
	return found, []string{wanted.source() + ": " + message}, nil
}

func atLeast(text string, least int) bool {
	number, err := strconv.Atoi(text)
	return err == nil && number >= least
}

func detect(asked *request) (object, []string, error) {
	read, err := readManifest()
	if read == nil || err != nil {
		return nil, nil, err
	}
	confidence := 40
	if len(read.programs) > 0 {
		confidence = 90
	}
	result := object{"confidence": confidence, "role": "program",
		"reasons": []object{{"path": manifestName, "rule": "the manifest of a @NAME@ project"}}}
	if len(read.programs) > 1 && asked.asked() == "" {
		result["candidates"] = read.candidates()
	}
	return result, nil, nil
}

func plan(asked *request) (object, []string, error) {
	read, err := readManifest()
	if err != nil {
		return nil, nil, err
	}
	if read == nil {
		return nil, nil, &refusal{exit: projectError, Code: "no_manifest", Message: "there is no " + manifestName}
	}
	program, source, err := chooseProgram(asked.asked(), read)
	if err != nil {
		return nil, nil, err
	}
	cc, warnings, err := findToolchain(asked, read)
	if err != nil {
		return nil, nil, err
	}
	argv := []string{cc.path, "-O2"}
	if asked.Mode == "debug" {
		argv = []string{cc.path, "-O0", "-g"}
	}
	name := read.value("name", strings.TrimSuffix(filepath.Base(program.text), ".c")).text
	port := read.value("port", "8080")
	return object{
		"name": name,
		// No inputs: every file of the project may be included by another.
		"steps": []object{{"id": "build", "argv": append(argv, "-o", "${work}/program", program.text),
			"outputs": []string{"program"}, "tools": []string{cc.path}}},
		"artifacts": []object{{"path": "${work}/program", "role": "program", "destination": "/app/" + name,
			"layer": "application"}},
		"entrypoint": []string{"/app/" + name},
		"workdir":    "/app",
		"ports":      []string{port.text + "/tcp"},
		"toolchains": []object{{"name": "cc", "version": cc.version, "path": cc.path}},
		"decisions": []object{
			{"what": "program", "value": program.text, "source": source},
			{"what": "cc", "value": cc.version, "source": cc.source},
			{"what": "port", "value": port.text, "source": port.source()},
		},
	}, warnings, nil
}
