package main

import (
	"go/ast"
	"path"
	"strings"
)

// imported is the project's package behind `name.X`; nil for anything else.
func (p *Program) imported(selector *ast.SelectorExpr, file *File) *Package {
	name, ok := selector.X.(*ast.Ident)
	if !ok || name.Obj != nil {
		return nil
	}
	target, ok := file.imports[name.Name]
	if !ok {
		return nil
	}
	return p.own(target)
}

// own is the project's package of an import path.
func (p *Program) own(target string) *Package {
	for module, directory := range p.modules {
		if target == module {
			return p.packages[path.Clean(directory)]
		}
		if strings.HasPrefix(target, module+"/") {
			if found := p.packages[path.Join(directory, target[len(module)+1:])]; found != nil {
				return found
			}
		}
	}
	return nil
}

// isOwn tells whether an import path belongs to a module of the project.
func (p *Program) isOwn(target string) bool {
	for module := range p.modules {
		if target == module || strings.HasPrefix(target, module+"/") {
			return true
		}
	}
	return false
}

// qualified is `net/http.ListenAndServe` for `http.ListenAndServe`; empty for anything that is not of an imported package.
func (p *Program) qualified(node ast.Expr, file *File) string {
	switch node := node.(type) {
	case *ast.ParenExpr:
		return p.qualified(node.X, file)
	case *ast.StarExpr:
		return p.qualified(node.X, file)
	case *ast.IndexExpr:
		return p.qualified(node.X, file)
	case *ast.SelectorExpr:
		name, ok := node.X.(*ast.Ident)
		if !ok || name.Obj != nil {
			return ""
		}
		if target, ok := file.imports[name.Name]; ok {
			return plainPath(target) + "." + node.Sel.Name
		}
	case *ast.Ident:
		if node.Obj == nil && file.pkg.names[node.Name] == nil {
			for _, target := range file.dots {
				return plainPath(target) + "." + node.Name
			}
		}
	}
	return ""
}

// plainPath is an import path without the major version at its end.
func plainPath(target string) string {
	parts := strings.Split(target, "/")
	last := parts[len(parts)-1]
	if len(parts) > 1 && len(last) > 1 && last[0] == 'v' && strings.Trim(last[1:], "0123456789") == "" {
		return strings.Join(parts[:len(parts)-1], "/")
	}
	if cut := strings.LastIndex(last, ".v"); cut > 0 && strings.HasPrefix(target, "gopkg.in/") {
		return target[:len(target)-len(last)+cut]
	}
	return target
}

func lastName(node ast.Expr) string {
	switch node := node.(type) {
	case *ast.Ident:
		return node.Name
	case *ast.SelectorExpr:
		return node.Sel.Name
	case *ast.ParenExpr:
		return lastName(node.X)
	case *ast.IndexExpr:
		return lastName(node.X)
	}
	return ""
}

func (p *Program) line(node ast.Node) int { return p.files.Position(node.Pos()).Line }
