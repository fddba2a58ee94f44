package main

import (
	"go/ast"
	"go/token"
	"regexp"
	"sort"
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
	case "Static", "StaticFS", "ServeFiles":
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

// handled is `router.HandleFunc("/x", f).Methods("GET")` of Gorilla's, `router.Handle("GET", "/x", f)` of others, and the same
// names of net/http and chi.
func (r *Reader) handled(selector *ast.SelectorExpr, node *ast.CallExpr, short string, v value) {
	if inner, ok := selector.X.(*ast.CallExpr); ok && (short == "HandlerFunc" || short == "Handler") {
		r.gorilla(inner, node, v)
		return
	}
	kinds := r.kinds(selector.X, v)
	if len(node.Args) == 3 || len(node.Args) > 2 && hasPrefix(kinds, "github.com/gin-gonic/gin.") {
		r.register(selector.X, r.methods(node.Args[0], node, v), node.Args[1], node, v)
		return
	}
	if len(node.Args) != 2 {
		return
	}
	isMux := hasPrefix(kinds, "net/http.")
	if !hasPrefix(kinds, makers...) {
		if !r.isPattern(node.Args[0], v) {
			if len(kinds) == 0 && short == "HandleFunc" && !r.program.isMethod(short) {
				r.gap("the pattern is no literal", node, v.file, routesKind)
			}
			return
		}
		if r.program.isMethod(short) {
			return // a method of the project, which calls the real one
		}
	}
	if isMux || !r.program.importsAny(frameworks...) {
		r.handle(selector.X, node, v)
		return
	}
	methods := r.chained(node, v)
	if hasPrefix(kinds, "github.com/go-chi/chi.") {
		found := r.fold(node.Args[0], v)
		for _, text := range found.whole() {
			if cut := strings.IndexByte(text, ' '); cut > 0 {
				r.handle(selector.X, node, v)
				return
			}
		}
	}
	r.register(selector.X, methods, node.Args[0], node, v)
}

func (r *Reader) isPattern(node ast.Expr, v value) bool {
	for _, one := range r.fold(node, v).all {
		if regexp.MustCompile(`^([A-Z]+ +)?[\w.-]*/`).MatchString(one.text) {
			return true
		}
	}
	return false
}

// chained are the methods that are called for behind a registration: `.Methods("GET", "POST")`.
func (r *Reader) chained(node ast.Node, v value) []string {
	for {
		selector, ok := v.file.parents[node].(*ast.SelectorExpr)
		if !ok {
			return []string{"*"}
		}
		call, ok := v.file.parents[selector].(*ast.CallExpr)
		if !ok {
			return []string{"*"}
		}
		if selector.Sel.Name == "Methods" {
			var found []string
			for _, argument := range call.Args {
				found = append(found, r.methods(argument, call, v)...)
			}
			return found
		}
		node = call
	}
}

// gorilla is `r.Methods("GET").Path("/x").HandlerFunc(f)` and `r.PathPrefix("/x/").Handler(h)`.
func (r *Reader) gorilla(inner *ast.CallExpr, node *ast.CallExpr, v value) {
	var path ast.Expr
	methods := r.chained(node, v)
	var base ast.Expr
	for current := inner; current != nil; {
		selector, ok := current.Fun.(*ast.SelectorExpr)
		if !ok {
			return
		}
		switch selector.Sel.Name {
		case "Path", "PathPrefix":
			path = argument(current, 0)
		case "Methods":
			methods = nil
			for _, argument := range current.Args {
				methods = append(methods, r.methods(argument, current, v)...)
			}
		}
		base = selector.X
		current, _ = selector.X.(*ast.CallExpr)
	}
	if path != nil {
		r.register(base, methods, path, node, v)
	}
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

func isRegistering(name string) bool {
	_, ok := verbs[name]
	return ok || name == "Handle" || name == "HandleFunc" || name == "Method" || name == "MethodFunc"
}

// answering is a type of the project that answers requests itself. One that hands them on to a router says nothing new.
func (r *Reader) answering(node *ast.FuncDecl, file *File) {
	if node.Recv == nil || node.Name.Name != "ServeHTTP" || node.Body == nil {
		return
	}
	if len(node.Body.List) == 1 {
		if statement, ok := node.Body.List[0].(*ast.ExprStmt); ok {
			if call, ok := statement.X.(*ast.CallExpr); ok && lastName(call.Fun) == "ServeHTTP" {
				return
			}
		}
	}
	r.gap("the program tells paths apart itself", node, file, routesKind)
}

// compared is `r.URL.Path == "/x"` and `strings.HasPrefix(r.URL.Path, …)`: a route without a router.
func (r *Reader) compared(node *ast.BinaryExpr, file *File) {
	if node.Op != token.EQL {
		return
	}
	for _, pair := range [][2]ast.Expr{{node.X, node.Y}, {node.Y, node.X}} {
		if isRequestPath(pair[0]) {
			r.compare(pair[1], node, file)
		}
	}
}

func (r *Reader) switched(node *ast.SwitchStmt, file *File) {
	if node.Tag == nil || !isRequestPath(node.Tag) {
		return
	}
	for _, clause := range node.Body.List {
		if clause, ok := clause.(*ast.CaseClause); ok {
			for _, one := range clause.List {
				r.compare(one, clause, file)
			}
		}
	}
}

func isRequestPath(node ast.Expr) bool {
	path, ok := node.(*ast.SelectorExpr)
	if !ok || path.Sel.Name != "Path" {
		return false
	}
	url, ok := path.X.(*ast.SelectorExpr)
	return ok && url.Sel.Name == "URL"
}

func (r *Reader) compare(node ast.Expr, at ast.Node, file *File) {
	found := r.fold(node, value{node, file, nil})
	r.gap("the program tells paths apart itself", at, file, routesKind)
	for _, text := range found.whole() {
		if strings.HasPrefix(text, "/") && text != "/" {
			r.site(routesKind, "* "+text, at, file)
		}
	}
}

// mount is `r.Mount("/x", sub)`.
func (r *Reader) mount(selector *ast.SelectorExpr, node *ast.CallExpr, v value) {
	if len(node.Args) != 2 || !r.isRouter(selector.X, v) && !r.isPath(node.Args[0], v) {
		return
	}
	found := r.fold(node.Args[0], v)
	if !found.closed() {
		r.gap("the path is no literal", node, v.file, routesKind)
	}
	sources, open := r.program.sources(value{node.Args[1], v.file, v.env}, 0)
	known := !open && len(sources) > 0
	for _, source := range sources {
		if !hasPrefix(r.made(source), makers...) {
			known = false
			continue
		}
		for _, text := range found.whole() {
			r.mountBelow(source, value{selector.X, v.file, v.env}, text)
		}
	}
	if !known {
		r.gap("what is mounted answers below its own path", node, v.file, routesKind)
	}
}

// prefixes are the texts in front of the paths of a router, and whether they are all that there are.
func (r *Reader) prefixes(v value, depth int) ([]string, bool) {
	if v.node == nil {
		return []string{""}, true
	}
	if depth > 12 {
		return nil, false
	}
	sources, open := r.program.sources(v, 0)
	exact := !open && len(sources) > 0
	var found []string
	for _, source := range sources {
		more, ok := r.prefixesOf(source, depth)
		found, exact = append(found, more...), exact && ok
	}
	if closure, ok := r.closure(v, depth); ok {
		return closure, true
	}
	sort.Strings(found)
	return unique(found), exact
}

func unique(sorted []string) []string {
	var found []string
	for _, one := range sorted {
		if len(found) == 0 || found[len(found)-1] != one {
			found = append(found, one)
		}
	}
	return found
}

func (r *Reader) prefixesOf(source value, depth int) ([]string, bool) {
	if held := r.holders[source.node]; held != nil {
		var found []string
		exact := true
		for _, parent := range held.parents {
			before, ok := r.prefixes(parent.parent, depth+1)
			exact = exact && ok
			for _, one := range before {
				found = append(found, strings.TrimSuffix(one, "/")+parent.prefix)
			}
		}
		return found, exact
	}
	if hasPrefix(r.made(source), makers...) || r.program.qualified(source.node, source.file) == "net/http.DefaultServeMux" {
		return []string{""}, true
	}
	call, ok := source.node.(*ast.CallExpr)
	if !ok {
		if _, isLiteral := source.node.(*ast.CompositeLit); isLiteral {
			return []string{""}, true
		}
		return nil, false
	}
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		if maker, ok := call.Fun.(*ast.Ident); ok && maker.Name == "new" {
			return []string{""}, true
		}
		return nil, false
	}
	inner := value{selector.X, source.file, source.env}
	switch selector.Sel.Name {
	case "Group", "Route", "PathPrefix", "NewGroup", "Path":
		if selector.Sel.Name == "Group" && len(call.Args) > 0 {
			if _, isFunction := call.Args[0].(*ast.FuncLit); isFunction {
				return r.prefixes(inner, depth+1)
			}
		}
		return r.joined(inner, argument(call, 0), source, depth)
	case "Subrouter", "With", "Use", "Methods", "Host", "StrictSlash", "Schemes", "Headers", "Queries", "Name", "UseEncodedPath",
		"Router":
		return r.prefixes(inner, depth+1)
	}
	return nil, false
}

func (r *Reader) joined(parent value, path ast.Expr, at value, depth int) ([]string, bool) {
	before, exact := r.prefixes(parent, depth+1)
	if path == nil {
		return before, exact
	}
	texts := r.program.fold(value{path, at.file, at.env})
	if !texts.closed() {
		exact = false
	}
	var found []string
	for _, one := range before {
		for _, text := range texts.whole() {
			found = append(found, join(one, text))
		}
	}
	return found, exact
}

func join(prefix, path string) string {
	if strings.HasSuffix(prefix, "/") && strings.HasPrefix(path, "/") {
		return strings.TrimSuffix(prefix, "/") + path
	}
	return prefix + path
}

// closure is the parameter of a function that is handed to a router: `r.Route("/x", func(r chi.Router) { … })`.
func (r *Reader) closure(v value, depth int) ([]string, bool) {
	name, ok := v.node.(*ast.Ident)
	if !ok || name.Obj == nil {
		return nil, false
	}
	field, ok := name.Obj.Decl.(*ast.Field)
	if !ok {
		return nil, false
	}
	list := v.file.parents[field]
	kind := v.file.parents[list]
	function, ok := v.file.parents[kind].(*ast.FuncLit)
	if !ok {
		// A function of the project that is handed over by its name: `r.Route("/x", registerUsers)`.
		decl, ok := v.file.parents[kind].(*ast.FuncDecl)
		if !ok {
			return nil, false
		}
		return r.handedOver(decl, depth)
	}
	call, ok := v.file.parents[function].(*ast.CallExpr)
	if !ok {
		return nil, false
	}
	return r.closureOf(call, value{call, v.file, v.env}, depth)
}

func (r *Reader) closureOf(call *ast.CallExpr, v value, depth int) ([]string, bool) {
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return nil, false
	}
	inner := value{selector.X, v.file, v.env}
	switch selector.Sel.Name {
	case "Route":
		return r.joined(inner, argument(call, 0), v, depth)
	case "Group":
		if len(call.Args) == 1 {
			return r.prefixes(inner, depth+1)
		}
	}
	return nil, false
}

func (r *Reader) handedOver(decl *ast.FuncDecl, depth int) ([]string, bool) {
	if r.program.mentions[decl.Name.Name] == 0 {
		return nil, false
	}
	var found []string
	for _, call := range r.program.byName["Route"] {
		if last := argument(call.node, -1); last != nil && lastName(last) == decl.Name.Name {
			more, ok := r.closureOf(call.node, value{call.node, call.file, nil}, depth)
			if !ok {
				return nil, false
			}
			found = append(found, more...)
		}
	}
	return found, len(found) > 0
}

var colon = regexp.MustCompile(`(^|/|\.|-):([A-Za-z_]\w*)(?:<[^>]*>)?(?:\([^)]*\))?\??`)
var star = regexp.MustCompile(`/\*([A-Za-z_]\w*)?`)

func (r *Reader) emitRoutes() {
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
			path := join(prefix, found.path)
			if path == "" {
				path = "/"
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
			r.site(routesKind, found.method+" "+path, found.place.node, found.place.file)
		}
	}
}
