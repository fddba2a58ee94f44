package main

import (
	"go/ast"
	"go/token"
)

// sources gives the expressions that a value comes from: calls of other packages, literals, and what nobody can follow. The
// second result says that there may be others.
func (p *Program) sources(v value, depth int) ([]value, bool) {
	at := key{v.node, v.env}
	if found, ok := p.known[at]; ok {
		return found.values, found.open
	}
	// A value that is followed already adds nothing to itself.
	if p.active[at] {
		p.cuts++
		return nil, false
	}
	p.begin(depth)
	if p.isSpent() || depth > deepest || len(p.active) > mostActive {
		p.cuts++
		return nil, true
	}
	cuts := p.cuts
	p.active[at] = true
	values, open := p.origin(v, depth)
	delete(p.active, at)
	// What was cut off is only known within what is being followed.
	if cuts == p.cuts || len(p.active) == 0 {
		p.known[at] = origin{values, open}
	}
	return values, open
}

func (p *Program) origin(v value, depth int) ([]value, bool) {
	switch node := v.node.(type) {
	case *ast.ParenExpr:
		return p.sources(value{node.X, v.file, v.env}, depth)
	case *ast.StarExpr:
		return p.sources(value{node.X, v.file, v.env}, depth)
	case *ast.UnaryExpr:
		if node.Op == token.AND {
			return p.sources(value{node.X, v.file, v.env}, depth)
		}
	case *ast.TypeAssertExpr:
		return p.sources(value{node.X, v.file, v.env}, depth)
	case *ast.Ident:
		return p.ident(node, v, depth)
	case *ast.SelectorExpr:
		return p.selector(node, v, depth)
	case *ast.CallExpr:
		return p.returned(node, v, depth)
	case *ast.IndexExpr:
		return p.item(node, v, depth)
	}
	return []value{v}, false
}

func (p *Program) each(values []value, depth int) ([]value, bool) {
	var found []value
	open := false
	for _, one := range values {
		if one.node == nil {
			open = true
			continue
		}
		more, opened := p.sources(one, depth+1)
		for _, source := range more {
			known := false
			for _, old := range found {
				known = known || old == source
			}
			if !known {
				found = append(found, source)
			}
		}
		open = open || opened
		if len(found) > widest {
			return found[:widest], true
		}
	}
	return found, open
}

func (p *Program) ident(node *ast.Ident, v value, depth int) ([]value, bool) {
	if node.Obj == nil {
		if found := v.file.pkg.names[node.Name]; found != nil {
			return p.global(found, v.file.pkg, node.Name, depth)
		}
		return []value{v}, false
	}
	if isGlobal(node.Obj, v.file) {
		return p.global(v.file.pkg.names[node.Obj.Name], v.file.pkg, node.Obj.Name, depth)
	}
	if bound, ok := v.env.find(node.Obj); ok {
		return p.sources(bound, depth+1)
	}
	switch decl := node.Obj.Decl.(type) {
	case *ast.Field:
		found, open := p.parameter(decl, node.Obj, v.file, depth)
		more, opened := p.each(p.within(p.assigned[node.Obj], v.env), depth)
		return append(found, more...), open || opened
	case *ast.ValueSpec:
		values := p.within(p.assigned[node.Obj], v.env)
		for index, name := range decl.Names {
			if name.Obj == node.Obj && index < len(decl.Values) {
				values = append(values, value{decl.Values[index], v.file, v.env})
			}
		}
		found, open := p.each(values, depth)
		return found, open || p.opened[node.Obj]
	case *ast.AssignStmt:
		// `for _, x := range …` is an assignment of a range, too.
		if len(decl.Rhs) == 1 {
			if ranged, ok := decl.Rhs[0].(*ast.UnaryExpr); ok && ranged.Op == token.RANGE {
				return p.ranged(ranged.X, len(decl.Lhs) > 1 && sameObject(decl.Lhs[1], node.Obj), v, depth)
			}
		}
		found, open := p.each(p.within(p.assigned[node.Obj], v.env), depth)
		return found, open || p.opened[node.Obj]
	case *ast.FuncDecl:
		return []value{v}, false
	}
	return []value{v}, true
}

func sameObject(node ast.Expr, object *ast.Object) bool {
	name, ok := node.(*ast.Ident)
	return ok && name.Obj == object
}

// within gives values that stand in the same function as what is looked for the same bindings.
func (p *Program) within(values []value, env *env) []value {
	found := make([]value, len(values))
	for index, one := range values {
		found[index] = value{one.node, one.file, env}
	}
	return found
}

// ranged is what a loop over a literal gives: the elements, or the keys of a map.
func (p *Program) ranged(over ast.Expr, isValue bool, v value, depth int) ([]value, bool) {
	containers, open := p.sources(value{over, v.file, v.env}, depth+1)
	var found []value
	for _, container := range containers {
		elements, ok := p.elements(container, isValue)
		if !ok {
			return nil, true
		}
		more, opened := p.each(elements, depth)
		found, open = append(found, more...), open || opened
	}
	return found, open || len(containers) == 0
}

func (p *Program) elements(container value, isValue bool) ([]value, bool) {
	composite, ok := container.node.(*ast.CompositeLit)
	if !ok {
		return nil, false
	}
	_, isMap := composite.Type.(*ast.MapType)
	var found []value
	for _, element := range composite.Elts {
		if pair, ok := element.(*ast.KeyValueExpr); ok {
			element = pair.Value
			if isMap && !isValue {
				element = pair.Key
			}
		} else if isMap || !isValue {
			return nil, false
		}
		found = append(found, value{element, container.file, container.env})
	}
	return found, true
}

func (p *Program) global(found *declared, pkg *Package, name string, depth int) ([]value, bool) {
	switch decl := found.node.(type) {
	case *ast.ValueSpec:
		var values []value
		if found.index < len(decl.Values) {
			values = append(values, value{decl.Values[found.index], found.file, nil})
		} else if len(decl.Values) == 1 && found.index == 0 {
			values = append(values, value{decl.Values[0], found.file, nil})
		}
		key := pkg.directory + ":" + name
		values = append(values, p.globals[key]...)
		sources, open := p.each(values, depth)
		return sources, open || p.openGlobals[key]
	case *ast.FuncDecl:
		return []value{{decl.Name, found.file, nil}}, false
	}
	return nil, true
}

func (p *Program) selector(node *ast.SelectorExpr, v value, depth int) ([]value, bool) {
	if pkg := p.imported(node, v.file); pkg != nil {
		if found := pkg.names[node.Sel.Name]; found != nil {
			return p.global(found, pkg, node.Sel.Name, depth)
		}
		return nil, true
	}
	if p.qualified(node, v.file) != "" {
		return []value{v}, false
	}
	// A field of a literal that is known; else of any value, by its name.
	bases, open := p.sources(value{node.X, v.file, v.env}, depth+1)
	var found []value
	exact := len(bases) > 0 && !open
	for _, base := range bases {
		field, ok := p.field(base, node.Sel.Name)
		if !ok || len(p.fields[node.Sel.Name]) == 0 {
			exact = false
			break
		}
		found = append(found, field)
	}
	if exact && !p.isWritten(node.Sel.Name) {
		return p.each(found, depth)
	}
	values := p.fields[node.Sel.Name]
	sources, opened := p.each(values, depth)
	if len(values) == 0 {
		return []value{v}, true
	}
	return sources, opened || p.openFields[node.Sel.Name] || !p.isOwnField(node.Sel.Name)
}

func (p *Program) item(node *ast.IndexExpr, v value, depth int) ([]value, bool) {
	bases, open := p.sources(value{node.X, v.file, v.env}, depth+1)
	var found []value
	for _, base := range bases {
		elements, ok := p.elements(base, true)
		if !ok {
			return []value{v}, true
		}
		found = append(found, elements...)
	}
	if len(found) == 0 {
		return []value{v}, true
	}
	sources, opened := p.each(found, depth)
	return sources, open || opened
}
