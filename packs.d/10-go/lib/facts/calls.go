package main

import (
	"go/ast"
)

// functions are the project's functions that a call may call.
func (p *Program) functions(node *ast.CallExpr, file *File) []*declared {
	switch function := node.Fun.(type) {
	case *ast.Ident:
		if function.Obj != nil && !isGlobal(function.Obj, file) {
			return nil
		}
		if found := file.pkg.names[function.Name]; found != nil {
			if _, ok := found.node.(*ast.FuncDecl); ok {
				return []*declared{found}
			}
		}
	case *ast.SelectorExpr:
		if pkg := p.imported(function, file); pkg != nil {
			if found := pkg.names[function.Sel.Name]; found != nil {
				if _, ok := found.node.(*ast.FuncDecl); ok {
					return []*declared{found}
				}
			}
			return nil
		}
		if p.qualified(function, file) != "" {
			return nil
		}
		var found []*declared
		for _, pkg := range p.packages {
			found = append(found, pkg.methods[function.Sel.Name]...)
		}
		return p.methodsOf(found, function.X, file)
	}
	return nil
}

// returned is what a function of the project returns first; any other call is a source itself.
func (p *Program) returned(node *ast.CallExpr, v value, depth int) ([]value, bool) {
	functions := p.functions(node, v.file)
	if len(functions) == 0 || v.env != nil && v.env.depth > 6 {
		return []value{v}, len(functions) > 0
	}
	var values []value
	for _, function := range functions {
		decl := function.node.(*ast.FuncDecl)
		if decl.Body == nil || decl.Type.Results == nil {
			continue
		}
		bound := p.bind(decl.Type, node, v)
		ast.Inspect(decl.Body, func(inner ast.Node) bool {
			if _, ok := inner.(*ast.FuncLit); ok {
				return false
			}
			if result, ok := inner.(*ast.ReturnStmt); ok && len(result.Results) > 0 {
				values = append(values, value{result.Results[0], function.file, bound})
			}
			return true
		})
		if len(decl.Type.Results.List) > 0 {
			for _, name := range decl.Type.Results.List[0].Names {
				values = append(values, p.within(p.assigned[name.Obj], bound)...)
			}
		}
	}
	if len(values) == 0 {
		return []value{v}, true
	}
	// Several methods of one name: what is called is one of them.
	return p.each(values, depth)
}

// bind gives the parameters of a function the arguments of one call.
func (p *Program) bind(kind *ast.FuncType, node *ast.CallExpr, v value) *env {
	// The same call binds the same, so that what is known within it is known once.
	at := binding{kind, node, v.env}
	if known := p.bound[at]; known != nil {
		return known
	}
	bound := &env{map[*ast.Object]value{}, nil, 1}
	if v.env != nil {
		bound.depth = v.env.depth + 1
	}
	index := 0
	for _, field := range kind.Params.List {
		for _, name := range field.Names {
			if _, isVariadic := field.Type.(*ast.Ellipsis); !isVariadic && name.Obj != nil && index < len(node.Args) {
				bound.bound[name.Obj] = value{node.Args[index], v.file, v.env}
			}
			index++
		}
	}
	p.bound[at] = bound
	return bound
}

// parameter is what the project's own calls give; open where others may call the function.
func (p *Program) parameter(field *ast.Field, object *ast.Object, file *File, depth int) ([]value, bool) {
	list, ok := file.parents[field].(*ast.FieldList)
	if !ok {
		return nil, true
	}
	kind, ok := file.parents[list].(*ast.FuncType)
	if !ok {
		return nil, true
	}
	if _, isVariadic := field.Type.(*ast.Ellipsis); isVariadic {
		return nil, true
	}
	decl, ok := file.parents[kind].(*ast.FuncDecl)
	if !ok {
		return nil, true
	}
	index := -1
	count := 0
	for _, one := range kind.Params.List {
		for _, name := range one.Names {
			if name.Obj == object {
				index = count
			}
			count++
		}
	}
	if index < 0 {
		return nil, true
	}
	var values []value
	for _, call := range p.byName[decl.Name.Name] {
		for _, target := range p.functions(call.node, call.file) {
			if target.node == ast.Node(decl) && index < len(call.node.Args) {
				values = append(values, value{call.node.Args[index], call.file, nil})
			}
		}
	}
	found, open := p.each(values, depth)
	return found, open || len(values) == 0 || p.mentions[decl.Name.Name] > 0
}
