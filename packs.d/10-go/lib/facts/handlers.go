package main

import (
	"go/ast"
	"go/token"
	"regexp"
	"strings"
)

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

// comparison is a path that the program compares a request's with.
type comparison struct {
	path string
	at   ast.Node
	file *File
}

func (r *Reader) compare(node ast.Expr, at ast.Node, file *File) {
	found := r.fold(node, value{node, file, nil})
	r.gap("the program tells paths apart itself", at, file, routesKind)
	for _, text := range found.whole() {
		if strings.HasPrefix(text, "/") && text != "/" {
			r.compares = append(r.compares, comparison{text, at, file})
		}
	}
}
