package main

import (
	"go/ast"
	"sort"
	"strings"
)

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
	case "Group", "Route", "PathPrefix", "NewGroup", "Path", "Mount":
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
			found = append(found, r.join(one, text))
		}
	}
	return found, exact
}

// join puts a prefix in front of a path. Gin and Fiber write the slash between them that the source leaves out.
func (r *Reader) join(prefix, path string) string {
	if path != "" && !strings.HasPrefix(path, "/") && r.program.importsAny("github.com/gin-gonic/gin", "github.com/gofiber/fiber") {
		path = "/" + path
	}
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
		if len(call.Args) == 1 {
			return r.prefixes(inner, depth+1) // routegroup's `r.Mount("/x").Route(func(g *routegroup.Bundle) { … })`
		}
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
