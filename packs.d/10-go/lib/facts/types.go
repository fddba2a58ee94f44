package main

import (
	"go/ast"
)

// named is a type of the project that has a name.
type named struct {
	pkg  *Package
	name string
}

// typeOf is the project's own type of an expression, as it is declared; false where that is not seen, and for interfaces, which
// may hold any.
func (p *Program) typeOf(node ast.Expr, file *File, depth int) (named, bool) {
	if depth > 6 {
		return named{}, false
	}
	switch node := node.(type) {
	case *ast.ParenExpr:
		return p.typeOf(node.X, file, depth+1)
	case *ast.StarExpr:
		return p.typeOf(node.X, file, depth+1)
	case *ast.UnaryExpr:
		return p.typeOf(node.X, file, depth+1)
	case *ast.CompositeLit:
		return p.namedType(node.Type, file)
	case *ast.CallExpr:
		return p.resultType(node, file)
	case *ast.SelectorExpr:
		return p.fieldType(node, file, depth)
	case *ast.Ident:
		if node.Obj == nil || isGlobal(node.Obj, file) {
			if found := file.pkg.names[node.Name]; found != nil {
				if spec, ok := found.node.(*ast.ValueSpec); ok {
					return p.declaredType(spec, found.index, found.file, depth)
				}
			}
			return named{}, false
		}
		switch decl := node.Obj.Decl.(type) {
		case *ast.Field:
			return p.namedType(decl.Type, file)
		case *ast.ValueSpec:
			for index, name := range decl.Names {
				if name.Obj == node.Obj {
					return p.declaredType(decl, index, file, depth)
				}
			}
		case *ast.AssignStmt:
			for index, target := range decl.Lhs {
				if sameObject(target, node.Obj) && (len(decl.Lhs) == len(decl.Rhs) || index == 0) {
					return p.typeOf(decl.Rhs[index], file, depth+1)
				}
			}
		}
	}
	return named{}, false
}

func (p *Program) declaredType(spec *ast.ValueSpec, index int, file *File, depth int) (named, bool) {
	if spec.Type != nil {
		return p.namedType(spec.Type, file)
	}
	if index < len(spec.Values) {
		return p.typeOf(spec.Values[index], file, depth+1)
	}
	return named{}, false
}

// resultType is the first result of a function of the project; that of a method only where one type alone has it.
func (p *Program) resultType(node *ast.CallExpr, file *File) (named, bool) {
	if _, ok := node.Fun.(*ast.SelectorExpr); ok && p.imported(node.Fun.(*ast.SelectorExpr), file) == nil {
		return named{}, false
	}
	functions := p.functions(node, file)
	if len(functions) != 1 {
		return named{}, false
	}
	results := functions[0].node.(*ast.FuncDecl).Type.Results
	if results == nil || len(results.List) == 0 {
		return named{}, false
	}
	return p.namedType(results.List[0].Type, functions[0].file)
}

func (p *Program) fieldType(node *ast.SelectorExpr, file *File, depth int) (named, bool) {
	owner, ok := p.typeOf(node.X, file, depth+1)
	if !ok {
		return named{}, false
	}
	declared := owner.pkg.names[owner.name]
	kind, ok := declared.node.(*ast.TypeSpec).Type.(*ast.StructType)
	if !ok {
		return named{}, false
	}
	for _, field := range kind.Fields.List {
		for _, name := range field.Names {
			if name.Name == node.Sel.Name {
				return p.namedType(field.Type, declared.file)
			}
		}
	}
	return named{}, false
}

func (p *Program) namedType(node ast.Expr, file *File) (named, bool) {
	pkg, name := file.pkg, ""
	switch node := node.(type) {
	case *ast.StarExpr:
		return p.namedType(node.X, file)
	case *ast.Ident:
		name = node.Name
	case *ast.SelectorExpr:
		pkg, name = p.imported(node, file), node.Sel.Name
	}
	if pkg == nil || pkg.names[name] == nil {
		return named{}, false
	}
	spec, ok := pkg.names[name].node.(*ast.TypeSpec)
	if !ok || spec.Assign.IsValid() {
		return named{}, false
	}
	if _, isInterface := spec.Type.(*ast.InterfaceType); isInterface {
		return named{}, false
	}
	return named{pkg, name}, true
}

// methodsOf are those of the methods of one name that the type of what they are called on has; all where none is its own.
func (p *Program) methodsOf(all []*declared, on ast.Expr, file *File) []*declared {
	if len(all) < 2 {
		return all
	}
	owner, ok := p.typeOf(on, file, 0)
	if !ok {
		return all
	}
	var found []*declared
	for _, one := range all {
		receiver := one.node.(*ast.FuncDecl).Recv
		if len(receiver.List) == 1 {
			if kind, ok := p.namedType(receiver.List[0].Type, one.file); ok && kind == owner {
				found = append(found, one)
			}
		}
	}
	if len(found) == 0 {
		return all // a method of an embedded type
	}
	return found
}
