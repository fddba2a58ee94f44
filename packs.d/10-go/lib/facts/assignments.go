package main

import (
	"go/ast"
)

func (p *Program) assign(target, right ast.Expr, file *File) {
	switch target := target.(type) {
	case *ast.Ident:
		if target.Name == "_" {
			return
		}
		if target.Obj != nil {
			p.assigned[target.Obj] = append(p.assigned[target.Obj], value{right, file, nil})
			if !isGlobal(target.Obj, file) {
				return
			}
		}
		key := file.pkg.directory + ":" + target.Name
		p.globals[key] = append(p.globals[key], value{right, file, nil})
	case *ast.SelectorExpr:
		if found := p.imported(target, file); found != nil {
			key := found.directory + ":" + target.Sel.Name
			p.globals[key] = append(p.globals[key], value{right, file, nil})
			return
		}
		p.fields[target.Sel.Name] = append(p.fields[target.Sel.Name], value{right, file, nil})
	case *ast.StarExpr:
		p.open(target.X, nil, file)
	}
}

// isGlobal tells whether an object of a file is one of its package: the parser resolves both in the same way.
func isGlobal(object *ast.Object, file *File) bool {
	found := file.pkg.names[object.Name]
	if found == nil {
		return false
	}
	node, ok := object.Decl.(ast.Node)
	return ok && node == found.node
}

// open notes that the address of a variable is handed out, so that anything may be written into it. Values that `flag`
// and its like put in are known.
func (p *Program) open(target ast.Expr, at ast.Node, file *File) {
	name := ""
	switch target := target.(type) {
	case *ast.Ident:
		if given := p.flagDefault(at, file); given != nil {
			p.assign(target, given, file)
		}
		if target.Obj != nil {
			p.opened[target.Obj] = true
		}
		p.openGlobals[file.pkg.directory+":"+target.Name] = true
		return
	case *ast.SelectorExpr:
		if given := p.flagDefault(at, file); given != nil {
			p.assign(target, given, file)
		}
		name = target.Sel.Name
	}
	if name != "" {
		p.openFields[name] = true
	}
}

// flagDefault is the default of `flag.StringVar(&x, "name", default, "…")`.
func (p *Program) flagDefault(at ast.Node, file *File) ast.Expr {
	if at == nil {
		return nil
	}
	parent, ok := file.parents[at].(*ast.CallExpr)
	if !ok || len(parent.Args) < 3 || parent.Args[0] != at {
		return nil
	}
	switch name := lastName(parent.Fun); name {
	case "StringVar", "IntVar", "UintVar", "Int64Var", "Uint16Var":
		return parent.Args[2]
	case "StringVarP", "IntVarP", "UintVarP":
		if len(parent.Args) > 3 {
			return parent.Args[3]
		}
	}
	return nil
}
