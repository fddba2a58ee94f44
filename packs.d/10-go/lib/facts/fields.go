package main

import (
	"go/ast"
)

// isWritten tells whether a field is assigned anywhere but in literals.
func (p *Program) isWritten(name string) bool {
	if p.openFields[name] {
		return true
	}
	for _, one := range p.fields[name] {
		if one.node == nil {
			return true
		}
		if _, ok := one.file.parents[one.node].(*ast.AssignStmt); ok {
			return true
		}
	}
	return false
}

// isOwnField tells whether no struct that something else fills, by tags or by address, has such a field.
func (p *Program) isOwnField(name string) bool {
	for _, pkg := range p.packages {
		for _, found := range pkg.names {
			spec, ok := found.node.(*ast.TypeSpec)
			if !ok {
				continue
			}
			kind, ok := spec.Type.(*ast.StructType)
			if !ok {
				continue
			}
			for _, field := range kind.Fields.List {
				for _, own := range field.Names {
					if own.Name == name && field.Tag != nil {
						return false
					}
				}
			}
		}
	}
	return true
}

// field is the value that a literal gives a field.
func (p *Program) field(base value, name string) (value, bool) {
	composite, ok := base.node.(*ast.CompositeLit)
	if !ok {
		return value{}, false
	}
	for index, element := range composite.Elts {
		if pair, ok := element.(*ast.KeyValueExpr); ok {
			if key, ok := pair.Key.(*ast.Ident); ok && key.Name == name {
				return value{pair.Value, base.file, base.env}, true
			}
			continue
		}
		if p.fieldIndex(composite, base.file, name) == index {
			return value{element, base.file, base.env}, true
		}
	}
	return value{}, false
}

// fieldIndex is the place of a field in the struct of a literal without names; -1 where that is not known.
func (p *Program) fieldIndex(composite *ast.CompositeLit, file *File, name string) int {
	kind := p.structOf(composite, file)
	if kind == nil {
		return -1
	}
	index := 0
	for _, field := range kind.Fields.List {
		for _, own := range field.Names {
			if own.Name == name {
				return index
			}
			index++
		}
	}
	return -1
}

// structOf is the struct of a literal, also of an element whose type stands at the list around it.
func (p *Program) structOf(composite *ast.CompositeLit, file *File) *ast.StructType {
	kind := composite.Type
	if kind == nil {
		if around, ok := file.parents[composite].(*ast.CompositeLit); ok {
			if list, ok := around.Type.(*ast.ArrayType); ok {
				kind = list.Elt
			} else if list, ok := around.Type.(*ast.MapType); ok {
				kind = list.Value
			} else if name, ok := around.Type.(*ast.Ident); ok {
				if found := file.pkg.names[name.Name]; found != nil {
					if spec, ok := found.node.(*ast.TypeSpec); ok {
						if list, ok := spec.Type.(*ast.ArrayType); ok {
							kind = list.Elt
						}
					}
				}
			}
		}
	}
	for depth := 0; depth < 8; depth++ {
		switch found := kind.(type) {
		case *ast.StarExpr:
			kind = found.X
		case *ast.StructType:
			return found
		case *ast.Ident:
			declared := file.pkg.names[found.Name]
			if declared == nil {
				if found.Obj != nil {
					if spec, ok := found.Obj.Decl.(*ast.TypeSpec); ok {
						kind = spec.Type
						continue
					}
				}
				return nil
			}
			spec, ok := declared.node.(*ast.TypeSpec)
			if !ok {
				return nil
			}
			kind = spec.Type
		case *ast.SelectorExpr:
			pkg := p.imported(found, file)
			if pkg == nil || pkg.names[found.Sel.Name] == nil {
				return nil
			}
			spec, ok := pkg.names[found.Sel.Name].node.(*ast.TypeSpec)
			if !ok {
				return nil
			}
			kind, file = spec.Type, pkg.names[found.Sel.Name].file
		default:
			return nil
		}
	}
	return nil
}
