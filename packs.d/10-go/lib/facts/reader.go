package main

import (
	"go/ast"
	"sort"
	"strings"
)

// Reader looks at every place of a program that says something of it.
type Reader struct {
	program *Program
	report  *Report
	holders map[any]*holder
	routes  []route
	ofValue map[key][]string
	// Paths that are compared are routes where nothing registers them; else something in front of the router looks at them.
	compares []comparison
}

func (r *Reader) site(kind, text string, at ast.Node, file *File) {
	r.report.sites[site{kind, text, file.path, r.program.line(at)}] = true
}

func (r *Reader) gap(what string, at ast.Node, file *File, kinds ...string) {
	found := gap{kinds, file.path, r.program.line(at), what}
	r.report.gaps[strings.Join(kinds, ",")+found.Path+" "+what+string(rune(found.Line))] = found
}

func (r *Reader) read() {
	r.known()
	for _, call := range r.program.calls {
		for _, turn := range r.turns(call) {
			r.call(call.node, turn)
		}
	}
	for _, file := range r.program.sorted() {
		ast.Inspect(file.tree, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.CompositeLit:
				r.composite(node, file)
			case *ast.StructType:
				r.tags(node, file)
			case *ast.SelectorExpr:
				r.mentioned(node, file)
			case *ast.AssignStmt:
				r.assigned(node, file)
			case *ast.FuncDecl:
				r.answering(node, file)
			case *ast.BinaryExpr:
				r.compared(node, file)
			case *ast.SwitchStmt:
				r.switched(node, file)
			}
			return true
		})
	}
	r.settings()
	r.emitRoutes()
	if r.report.hasGap("egress") {
		r.hints()
	}
}

func (p *Program) sorted() []*File {
	var files []*File
	for _, pkg := range p.packages {
		files = append(files, pkg.files...)
	}
	sort.Slice(files, func(i, j int) bool { return files[i].path < files[j].path })
	return files
}

// turns gives a call once for each element of a literal that the loops around it go over, with the loop's variables bound.
func (r *Reader) turns(c call) []value {
	turns := []value{{c.node, c.file, nil}}
	for node := c.file.parents[c.node]; node != nil; node = c.file.parents[node] {
		switch loop := node.(type) {
		case *ast.FuncDecl:
			return turns
		case *ast.RangeStmt:
			name, ok := loop.Value.(*ast.Ident)
			if !ok || name.Obj == nil {
				continue
			}
			containers, open := r.program.sources(value{loop.X, c.file, nil}, 0)
			if open || len(containers) != 1 {
				continue
			}
			elements, ok := r.program.elements(containers[0], true)
			if !ok || len(elements)*len(turns) > 500 || len(elements) == 0 {
				continue
			}
			keys, _ := r.program.elements(containers[0], false)
			var more []value
			for _, turn := range turns {
				for index, element := range elements {
					bound := map[*ast.Object]value{name.Obj: element}
					if key, ok := loop.Key.(*ast.Ident); ok && key.Obj != nil && index < len(keys) {
						bound[key.Obj] = keys[index]
					}
					more = append(more, value{turn.node, turn.file, &env{bound, turn.env, 0}})
				}
			}
			turns = more
		}
	}
	return turns
}

func (r *Reader) fold(node ast.Expr, v value) texts {
	return r.program.fold(value{node, v.file, v.env})
}

// call looks at one call.
func (r *Reader) call(node *ast.CallExpr, v value) {
	name := r.program.qualified(node.Fun, v.file)
	short := lastName(node.Fun)
	r.environment(node, name, short, v)
	r.connect(node, name, short, v)
	r.listen(node, name, short, v)
	r.write(node, name, short, v)
	r.cache(node, short, v)
	r.route(node, name, short, v)
}

func argument(node *ast.CallExpr, index int) ast.Expr {
	if index < 0 {
		index += len(node.Args)
	}
	if index >= 0 && index < len(node.Args) {
		return node.Args[index]
	}
	return nil
}

// imports tells whether a file of the program imports something that begins so.
func (p *Program) importsAny(prefixes ...string) bool {
	for _, pkg := range p.packages {
		for _, file := range pkg.files {
			for _, target := range file.imports {
				for _, prefix := range prefixes {
					if strings.HasPrefix(target, prefix) {
						return true
					}
				}
			}
		}
	}
	return false
}

// kinds are the calls and literals that made a value, by qualified name.
func (r *Reader) kinds(node ast.Expr, v value) []string {
	at := key{node, v.env}
	if found, ok := r.ofValue[at]; ok {
		return found
	}
	r.ofValue[at] = nil // of a value that is made of itself
	found := r.kindsOf(node, v)
	r.ofValue[at] = found
	return found
}

func (r *Reader) kindsOf(node ast.Expr, v value) []string {
	var found []string
	sources, _ := r.program.sources(value{node, v.file, v.env}, 0)
	for _, source := range sources {
		switch made := source.node.(type) {
		case *ast.CallExpr:
			if name := r.program.qualified(made.Fun, source.file); name != "" {
				found = append(found, name)
			} else if selector, ok := made.Fun.(*ast.SelectorExpr); ok && selector.X != node {
				for _, kind := range r.kinds(selector.X, source) {
					found = append(found, kind+"."+selector.Sel.Name)
				}
			} else if maker, ok := made.Fun.(*ast.Ident); ok && maker.Name == "new" && len(made.Args) == 1 {
				found = append(found, r.program.qualified(made.Args[0], source.file))
			}
		case *ast.CompositeLit:
			found = append(found, r.program.qualified(made.Type, source.file))
		case *ast.SelectorExpr:
			found = append(found, r.program.qualified(made, source.file))
		}
	}
	return append(found, r.declaredKind(node, v)...)
}

// declaredKind is the type that a parameter, variable or field is declared with.
func (r *Reader) declaredKind(node ast.Expr, v value) []string {
	switch node := node.(type) {
	case *ast.Ident:
		if node.Obj == nil {
			if found := v.file.pkg.names[node.Name]; found != nil {
				if spec, ok := found.node.(*ast.ValueSpec); ok && spec.Type != nil {
					return []string{r.program.qualified(spec.Type, found.file)}
				}
			}
			return nil
		}
		switch decl := node.Obj.Decl.(type) {
		case *ast.Field:
			return []string{r.program.qualified(decl.Type, v.file)}
		case *ast.ValueSpec:
			if decl.Type != nil {
				return []string{r.program.qualified(decl.Type, v.file)}
			}
		}
	case *ast.SelectorExpr:
		var found []string
		for _, pkg := range r.program.packages {
			for _, declared := range pkg.names {
				spec, ok := declared.node.(*ast.TypeSpec)
				if !ok {
					continue
				}
				kind, ok := spec.Type.(*ast.StructType)
				if !ok {
					continue
				}
				for _, field := range kind.Fields.List {
					for _, name := range field.Names {
						if name.Name == node.Sel.Name {
							found = append(found, r.program.qualified(field.Type, declared.file))
						}
					}
				}
			}
		}
		return found
	}
	return nil
}

func hasPrefix(list []string, prefixes ...string) bool {
	for _, one := range list {
		for _, prefix := range prefixes {
			if strings.HasPrefix(one, prefix) {
				return true
			}
		}
	}
	return false
}

// known says which imports nobody here knows, and what makes reading useless.
func (r *Reader) known() {
	for _, file := range r.program.sorted() {
		for _, spec := range file.tree.Imports {
			target := strings.Trim(spec.Path.Value, "\"`")
			switch {
			case target == "C":
				r.report.doubt(file.path+" calls C", "*")
			case target == "plugin":
				r.gap("code that is loaded at run time", spec, file, "*")
			case target == "net/http/pprof":
				r.gap("net/http/pprof adds routes of its own", spec, file, "routes")
			case target == "expvar":
				r.gap("expvar adds a route of its own", spec, file, "routes")
			case !strings.Contains(strings.Split(target, "/")[0], "."), r.program.isOwn(target):
				if r.program.isOwn(target) && r.program.own(target) == nil && strings.Contains(target, ".") {
					r.report.doubt("the package "+target+" was not read", "*")
				}
			case !isKnown(target):
				r.report.doubt("the package "+target+" is not known to this analyser", "*")
			}
		}
	}
}

var knownPackages = []string{
	"github.com/gin-gonic/gin", "github.com/gin-contrib/cors", "github.com/go-chi/chi", "github.com/go-chi/cors", "github.com/rs/cors",
	"github.com/go-chi/render", "github.com/gorilla/mux", "github.com/gorilla/handlers", "github.com/gorilla/websocket",
	"github.com/labstack/echo", "github.com/labstack/gommon", "github.com/gofiber/fiber", "github.com/julienschmidt/httprouter", "github.com/redis/go-redis",
	"github.com/go-redis/redis", "github.com/gomodule/redigo", "github.com/lib/pq", "github.com/jackc/pgx", "github.com/jmoiron/sqlx",
	"github.com/go-sql-driver/mysql", "github.com/mattn/go-sqlite3", "modernc.org/sqlite", "gorm.io/", "github.com/jinzhu/gorm",
	"go.uber.org/zap", "go.uber.org/multierr", "go.uber.org/atomic", "go.uber.org/automaxprocs", "github.com/rs/zerolog", "github.com/sirupsen/logrus", "github.com/google/uuid",
	"github.com/pkg/errors", "github.com/joho/godotenv", "github.com/spf13/viper", "github.com/spf13/cobra", "github.com/spf13/pflag",
	"github.com/caarlos0/env", "github.com/kelseyhightower/envconfig", "github.com/sethvargo/go-envconfig",
	"github.com/ilyakaznacheev/cleanenv", "github.com/golang-jwt/jwt", "github.com/dgrijalva/jwt-go",
	"github.com/go-playground/validator", "gopkg.in/go-playground/validator.v8", "gopkg.in/go-playground/validator.v9", "gopkg.in/yaml.v2", "gopkg.in/yaml.v3", "github.com/BurntSushi/toml",
	"golang.org/x/crypto", "golang.org/x/sync", "golang.org/x/time", "golang.org/x/text", "golang.org/x/exp", "golang.org/x/net/html",
	"github.com/mitchellh/mapstructure", "github.com/dustin/go-humanize", "github.com/google/go-cmp", "github.com/oklog/ulid",
	"github.com/gosimple/slug", "github.com/shopspring/decimal", "github.com/json-iterator/go", "github.com/urfave/cli",
	"github.com/hashicorp/golang-lru", "github.com/patrickmn/go-cache", "github.com/valyala/fasthttp", "github.com/rs/xid",
	"github.com/jessevdk/go-flags", "github.com/umputun/go-flags", "github.com/go-pkgz/routegroup",
	"github.com/go-resty/resty", "github.com/samber/lo", "github.com/stretchr/testify", "github.com/mattn/go-isatty", "github.com/mattn/go-colorable", "golang.org/x/term", "github.com/fatih/color",
}

func isKnown(target string) bool {
	for _, known := range knownPackages {
		if strings.HasSuffix(known, "/") && strings.HasPrefix(target, known) || target == known || strings.HasPrefix(target, known+"/") {
			return true
		}
	}
	return false
}

// functions that connect or write, as values: nobody knows with which arguments.
func (r *Reader) mentioned(node *ast.SelectorExpr, file *File) {
	if parent, ok := file.parents[node].(*ast.CallExpr); ok && parent.Fun == ast.Expr(node) {
		return
	}
	if _, ok := file.parents[node].(*ast.SelectorExpr); ok {
		return
	}
	name := r.program.qualified(node, file)
	if _, ok := urls[name]; ok {
		r.gap("something that connects is used as a value", node, file, "egress")
	}
	if _, ok := paths[name]; ok {
		r.gap("something that writes files is used as a value", node, file, "writes")
	}
	if isRegistering(node.Sel.Name) && r.isRouter(node.X, value{node, file, nil}) {
		r.gap("what registers routes is used as a value", node, file, routesKind)
	}
	switch name {
	case "os.Getenv", "os.LookupEnv":
		// `os.Expand(text, os.Getenv)`
		r.gap("variables are read by names that are no literals", node, file, "env")
	case "os/exec.Command", "os/exec.CommandContext":
		r.gap("another program is started", node, file, "egress", "env", "ports", "writes")
	}
}

// assigned is `server.Addr = ":80"`.
func (r *Reader) assigned(node *ast.AssignStmt, file *File) {
	for index, target := range node.Lhs {
		field, ok := target.(*ast.SelectorExpr)
		if !ok || index >= len(node.Rhs) {
			continue
		}
		v := value{node.Rhs[index], file, nil}
		if field.Sel.Name == "Addr" && hasPrefix(r.kinds(field.X, v), "net/http.Server") {
			r.bind(node.Rhs[index], node, v, "tcp")
		}
	}
}
