package main

import (
	"go/ast"
	"regexp"
	"strings"
)

// holder is a router, mux or group of which the parents are known only from what it is mounted below.
type holder struct{ parents []mounted }

type mounted struct {
	parent value
	prefix string
}

type route struct {
	method, path string
	below        ast.Expr // what it was registered on; nil for the default mux
	place        value
}

const routesKind = "routes"

var verbs = map[string]string{
	"GET": "GET", "POST": "POST", "PUT": "PUT", "DELETE": "DELETE", "PATCH": "PATCH", "HEAD": "HEAD", "OPTIONS": "OPTIONS",
	"CONNECT": "CONNECT", "TRACE": "TRACE", "Get": "GET", "Post": "POST", "Put": "PUT", "Delete": "DELETE", "Patch": "PATCH",
	"Head": "HEAD", "Options": "OPTIONS", "Connect": "CONNECT", "Trace": "TRACE", "Any": "*", "All": "*", "ANY": "*",
}

// makers are calls and types that make a router with nothing in front of its paths.
var makers = []string{
	"net/http.NewServeMux", "net/http.ServeMux", "net/http.DefaultServeMux", "github.com/gorilla/mux.", "github.com/go-chi/chi.",
	"github.com/gin-gonic/gin.", "github.com/labstack/echo.", "github.com/gofiber/fiber.", "github.com/julienschmidt/httprouter.",
	"github.com/go-pkgz/routegroup.",
}

var frameworks = []string{
	"github.com/gorilla/mux", "github.com/go-chi/chi", "github.com/gin-gonic/gin", "github.com/labstack/echo",
	"github.com/gofiber/fiber", "github.com/julienschmidt/httprouter",
}

// route looks at one call that registers a route or mounts a router.
func (r *Reader) route(node *ast.CallExpr, name, short string, v value) {
	switch name {
	case "net/http.HandleFunc", "net/http.Handle":
		r.handle(nil, node, v)
		return
	case "net/http.StripPrefix":
		if !r.fold(argument(node, 0), v).closed() {
			r.gap("a prefix is no literal", node, v.file, routesKind)
		}
		return
	}
	selector, ok := node.Fun.(*ast.SelectorExpr)
	if !ok || name != "" {
		return
	}
	switch short {
	case "HandleFunc", "Handle", "HandlerFunc", "Handler":
		r.handled(selector, node, short, v)
	case "Method", "MethodFunc", "Add":
		if len(node.Args) >= 3 {
			r.register(selector.X, r.methods(node.Args[0], node, v), node.Args[1], node, v)
		}
	case "Match":
		if len(node.Args) >= 3 {
			r.register(selector.X, r.methods(node.Args[0], node, v), node.Args[1], node, v)
		}
	case "Mount":
		r.mount(selector, node, v)
	case "Static", "StaticFS", "ServeFiles", "HandleFiles":
		if len(node.Args) >= 2 && r.isRouter(selector.X, v) {
			r.gap("files of a directory are served", node, v.file, routesKind)
		}
	case "StaticFile", "File", "FileFS":
		if len(node.Args) >= 2 && r.isRouter(selector.X, v) {
			r.register(selector.X, []string{"GET"}, node.Args[0], node, v)
		}
	case "NoRoute", "NotFoundHandler":
		if r.isRouter(selector.X, v) && short == "NoRoute" {
			r.gap("what has no route is answered, too", node, v.file, routesKind)
		}
	case "Use":
		if len(node.Args) >= 2 && r.program.importsAny("github.com/gofiber/fiber") && r.isPath(node.Args[0], v) {
			r.register(selector.X, []string{"*"}, node.Args[0], node, v)
		}
	default:
		if method, ok := verbs[short]; ok {
			r.verb(method, selector, node, v)
		}
	}
}

func (r *Reader) verb(method string, selector *ast.SelectorExpr, node *ast.CallExpr, v value) {
	if len(node.Args) < 2 {
		// Gin answers with what its groups use, where a route has no handler of its own.
		isLoud := strings.ToUpper(selector.Sel.Name) == selector.Sel.Name
		if len(node.Args) == 1 && isLoud && hasPrefix(r.kinds(selector.X, v), "github.com/gin-gonic/gin.") {
			r.register(selector.X, []string{method}, node.Args[0], node, v)
		}
		return
	}
	isRouter := r.isRouter(selector.X, v)
	if !isRouter && !(r.program.importsAny(frameworks...) && r.isPath(node.Args[0], v)) {
		isLoud := strings.ToUpper(selector.Sel.Name) == selector.Sel.Name
		if isLoud && len(r.kinds(selector.X, v)) == 0 && r.program.importsAny(frameworks...) && !r.program.isMethod(selector.Sel.Name) {
			r.gap("what a route is put below is not known", node, v.file, routesKind)
		}
		return
	}
	r.register(selector.X, []string{method}, node.Args[0], node, v)
}

func (r *Reader) isPath(node ast.Expr, v value) bool {
	for _, one := range r.fold(node, v).all {
		if strings.HasPrefix(one.text, "/") || one.text == "" && one.whole || one.text == "*" {
			return true
		}
	}
	return false
}

func (r *Reader) isRouter(node ast.Expr, v value) bool {
	return hasPrefix(r.kinds(node, v), makers...)
}

func (r *Reader) methods(node ast.Expr, at ast.Node, v value) []string {
	var found []string
	sources, open := r.program.sources(value{node, v.file, v.env}, 0)
	for _, source := range sources {
		if list, ok := source.node.(*ast.CompositeLit); ok {
			for _, element := range list.Elts {
				found = append(found, r.methods(element, at, source)...)
			}
			continue
		}
		if name := r.program.qualified(source.node, source.file); strings.HasPrefix(name, "net/http.Method") {
			found = append(found, strings.ToUpper(name[len("net/http.Method"):]))
			continue
		}
		if selector, ok := source.node.(*ast.SelectorExpr); ok {
			name := selector.Sel.Name
			if _, ok := verbs[name]; ok {
				found = append(found, name)
				continue
			}
			if strings.HasPrefix(name, "Method") {
				found = append(found, strings.ToUpper(name[len("Method"):]))
				continue
			}
		}
		texts := r.program.fold(source)
		open = open || !texts.closed()
		found = append(found, texts.whole()...)
	}
	if open || len(found) == 0 {
		r.gap("a method is no literal", at, v.file, routesKind)
	}
	if len(found) == 0 {
		found = []string{"*"}
	}
	return found
}

// handle is net/http's own form: a pattern, perhaps with a method and a host, and a handler, which may be a mux of its own.
func (r *Reader) handle(below ast.Expr, node *ast.CallExpr, v value) {
	if len(node.Args) != 2 {
		return
	}
	found := r.fold(node.Args[0], v)
	if !found.closed() {
		r.gap("the pattern is no literal", node, v.file, routesKind)
	}
	for _, text := range found.whole() {
		method, path := "*", text
		if cut := strings.IndexAny(text, " \t"); cut > 0 {
			method, path = text[:cut], strings.TrimLeft(text[cut:], " \t")
		}
		if cut := strings.Index(path, "/"); cut > 0 {
			path = path[cut:] // a host
		}
		if r.mountsMux(below, node, path, v) {
			continue
		}
		path = strings.TrimSuffix(path, "{$}")
		r.routes = append(r.routes, route{method, path, below, value{node, v.file, v.env}})
	}
}

// mountsMux is `mux.Handle("/api/", http.StripPrefix("/api", other))` and `mux.Handle("/", other)` of another mux.
func (r *Reader) mountsMux(below ast.Expr, node *ast.CallExpr, path string, v value) bool {
	handler, prefix := node.Args[1], ""
	if call, ok := handler.(*ast.CallExpr); ok && r.program.qualified(call.Fun, v.file) == "net/http.StripPrefix" && len(call.Args) == 2 {
		if found := r.fold(call.Args[0], v).whole(); len(found) == 1 {
			prefix = found[0]
		}
		handler = call.Args[1]
	}
	sources, _ := r.program.sources(value{handler, v.file, v.env}, 0)
	isMux := false
	for _, source := range sources {
		if hasPrefix(r.made(source), "net/http.NewServeMux", "net/http.ServeMux", "github.com/gorilla/mux.NewRouter", "github.com/go-chi/chi.New") {
			isMux = true
			r.mountBelow(source, value{below, v.file, v.env}, prefix)
		}
	}
	return isMux && strings.HasSuffix(path, "/")
}

// made is the qualified name of the call or type that an expression is.
func (r *Reader) made(v value) []string {
	switch made := v.node.(type) {
	case *ast.CallExpr:
		return []string{r.program.qualified(made.Fun, v.file)}
	case *ast.CompositeLit:
		return []string{r.program.qualified(made.Type, v.file)}
	}
	return nil
}

func (r *Reader) mountBelow(child, parent value, prefix string) {
	if r.holders[child.node] == nil {
		r.holders[child.node] = &holder{}
	}
	r.holders[child.node].parents = append(r.holders[child.node].parents, mounted{parent, prefix})
}

func (r *Reader) register(below ast.Expr, methods []string, path ast.Expr, at *ast.CallExpr, v value) {
	found := r.fold(path, v)
	if !found.closed() {
		r.gap("the path is no literal", at, v.file, routesKind)
	}
	for _, text := range found.whole() {
		for _, method := range methods {
			r.routes = append(r.routes, route{strings.ToUpper(method), text, below, value{at, v.file, v.env}})
		}
	}
}

var colon = regexp.MustCompile(`(^|/|\.|-):([A-Za-z_]\w*)(?:<[^>]*>)?(?:\([^)]*\))?\??`)
var star = regexp.MustCompile(`/\*([A-Za-z_]\w*)?`)

func (r *Reader) emitRoutes() {
	registered := map[string]bool{}
	defer func() {
		for _, found := range r.compares {
			if !registered[found.path] {
				r.site(routesKind, "* "+found.path, found.at, found.file)
			}
		}
	}()
	usesFrameworks := r.program.importsAny(frameworks...)
	for _, found := range r.routes {
		prefixes, exact := r.prefixes(value{found.below, found.place.file, found.place.env}, 0)
		if !exact {
			r.gap("what a route is put below is not known", found.place.node, found.place.file, routesKind)
		}
		if len(prefixes) == 0 {
			prefixes = []string{""}
		}
		for _, prefix := range prefixes {
			path := r.join(prefix, found.path)
			if !strings.HasPrefix(path, "/") && path != "*" {
				path = "/" + path
			}
			if found.path == "/" && prefix != "" && r.program.importsAny("github.com/go-chi/chi", "github.com/gofiber/fiber") {
				path = strings.TrimSuffix(path, "/")
			}
			if usesFrameworks {
				if strings.Contains(path, ":") && !strings.Contains(path, "{") {
					path = colon.ReplaceAllString(path, "$1{$2}")
				}
				path = star.ReplaceAllStringFunc(path, func(s string) string {
					if s == "/*" {
						return "/{*}"
					}
					return "/{" + s[2:] + "}"
				})
			}
			registered[path] = true
			r.site(routesKind, found.method+" "+path, found.place.node, found.place.file)
		}
	}
}
