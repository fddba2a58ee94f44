package main

import (
	"go/ast"
	"go/token"
	"path"
	"strconv"
	"strings"
)

const (
	deepest = 40
	widest  = 48
	longest = 2000

	mostActive = 200
	mostSteps  = 3_000_000
)

// text is one that an expression may have; one that is not whole is only its beginning.
type text struct {
	text  string
	whole bool
}

// texts are all that an expression may have as far as the source says; open when it may have others.
type texts struct {
	all  []text
	open bool
}

var nothing = texts{nil, true}
var unknownEnd = texts{[]text{{"", false}}, false}

func literal(s string) texts { return texts{[]text{{s, true}}, false} }

func (t texts) whole() []string {
	var found []string
	for _, one := range t.all {
		if one.whole {
			found = append(found, one.text)
		}
	}
	return found
}

func (t texts) closed() bool {
	if t.open || len(t.all) == 0 {
		return false
	}
	for _, one := range t.all {
		if !one.whole {
			return false
		}
	}
	return true
}

func (t texts) with(other texts) texts {
	result := texts{append([]text{}, t.all...), t.open || other.open}
	for _, one := range other.all {
		known := false
		for _, old := range result.all {
			known = known || old == one
		}
		if !known {
			result.all = append(result.all, one)
		}
	}
	if len(result.all) > widest {
		result.all, result.open = result.all[:widest], true
	}
	return result
}

func (t texts) then(other texts) texts {
	result := texts{nil, t.open}
	if len(other.all) == 0 || other.open {
		other = other.with(unknownEnd)
	}
	for _, one := range t.all {
		if !one.whole {
			result = result.with(texts{[]text{one}, false})
			continue
		}
		for _, more := range other.all {
			joined := one.text + more.text
			if len(joined) > longest {
				joined, more.whole = joined[:longest], false
			}
			result = result.with(texts{[]text{{joined, more.whole}}, false})
		}
	}
	return result
}

func (t texts) change(change func(string) string) texts {
	result := texts{nil, t.open}
	for _, one := range t.all {
		result.all = append(result.all, text{change(one.text), one.whole})
	}
	return result
}

// fold gives the texts of an expression.
func (p *Program) fold(v value) texts { return p.folded(v, map[key]bool{}, 0) }

func (p *Program) folded(v value, seen map[key]bool, depth int) texts {
	at := key{v.node, v.env}
	p.steps++
	// A text that is made of itself, as `dir = path.Join(dir, "x")` is, has no end.
	if v.node == nil || depth > deepest || p.steps > mostSteps || seen[at] {
		return nothing
	}
	seen[at] = true
	defer delete(seen, at)
	switch node := v.node.(type) {
	case *ast.BasicLit:
		switch node.Kind {
		case token.STRING, token.CHAR:
			if plain, err := strconv.Unquote(node.Value); err == nil {
				if len(plain) > longest {
					return texts{[]text{{plain[:longest], false}}, false}
				}
				return literal(plain)
			}
		case token.INT:
			if number, err := strconv.ParseInt(node.Value, 0, 64); err == nil {
				return literal(strconv.FormatInt(number, 10))
			}
		}
		return nothing
	case *ast.BinaryExpr:
		if node.Op == token.ADD {
			left := p.folded(value{node.X, v.file, v.env}, seen, depth+1)
			if len(left.all) == 0 {
				return nothing
			}
			return left.then(p.folded(value{node.Y, v.file, v.env}, seen, depth+1))
		}
		return nothing
	case *ast.CallExpr:
		if found, ok := p.foldCall(node, v, seen, depth); ok {
			return found
		}
	}
	sources, open := p.sources(v, depth)
	result := texts{nil, open || len(sources) == 0}
	for _, source := range sources {
		if source.node == v.node {
			return nothing
		}
		result = result.with(p.folded(source, seen, depth+1))
	}
	return result
}

var same = map[string]bool{
	"strings.TrimSpace": true, "strings.ToLower": true, "path/filepath.Clean": true, "path.Clean": true, "strconv.Itoa": true,
	"path/filepath.FromSlash": true, "net/url.Parse": true, "net/url.ParseRequestURI": true, "strconv.Atoi": true,
	"template.Must": true, "os.ExpandEnv": false,
}

func (p *Program) foldCall(node *ast.CallExpr, v value, seen map[key]bool, depth int) (texts, bool) {
	name := p.qualified(node.Fun, v.file)
	argument := func(index int) texts {
		if index >= len(node.Args) {
			return nothing
		}
		return p.folded(value{node.Args[index], v.file, v.env}, seen, depth+1)
	}
	switch {
	case name == "fmt.Sprintf" && len(node.Args) > 0:
		return p.format(argument(0), node.Args[1:], v, seen, depth), true
	case name == "fmt.Sprint" && len(node.Args) == 1, same[name] && len(node.Args) > 0:
		return argument(0), true
	case (name == "path.Join" || name == "path/filepath.Join") && len(node.Args) > 0:
		result := argument(0)
		for index := range node.Args[1:] {
			result = result.change(func(s string) string {
				if s == "" {
					return s // an empty part is left out
				}
				return s + "/"
			}).then(argument(index + 1))
		}
		return result.change(func(s string) string {
			if strings.HasSuffix(s, "/") && len(s) > 1 {
				return path.Clean(s) + "/"
			}
			return path.Clean(s)
		}), true
	case name == "net.JoinHostPort" && len(node.Args) == 2:
		return argument(0).then(literal(":")).then(argument(1)), true
	case name == "strings.TrimRight" || name == "strings.TrimSuffix":
		if cut, ok := stringOf(node.Args, 1); ok {
			return argument(0).change(func(s string) string { return strings.TrimSuffix(s, cut) }), true
		}
	case name == "strings.TrimPrefix" || name == "strings.TrimLeft":
		if cut, ok := stringOf(node.Args, 1); ok {
			return argument(0).change(func(s string) string { return strings.TrimPrefix(s, cut) }), true
		}
	case name == "cmp.Or":
		result := texts{}
		for index := range node.Args {
			result = result.with(argument(index))
		}
		return result, true
	case name == "os.Getenv", name == "os.LookupEnv", name == "syscall.Getenv":
		return nothing, true
	case isFlag(name):
		switch lastName(node.Fun) {
		case "String", "Int", "Uint", "Int64":
			return texts{argument(1).all, true}, true
		case "StringP", "IntP", "UintP":
			return texts{argument(2).all, true}, true
		}
	}
	if name == "" && len(node.Args) == 1 {
		if kind, ok := node.Fun.(*ast.Ident); ok {
			switch kind.Name {
			case "string", "int", "int32", "int64", "uint16", "uint":
				return argument(0), true
			}
			// A conversion to a type of the project.
			if found := v.file.pkg.names[kind.Name]; found != nil {
				if _, isType := found.node.(*ast.TypeSpec); isType {
					return argument(0), true
				}
			}
		}
	}
	if selector, ok := node.Fun.(*ast.SelectorExpr); ok && selector.Sel.Name == "String" && len(node.Args) == 0 {
		return p.folded(value{selector.X, v.file, v.env}, seen, depth+1), true
	}
	return texts{}, false
}

func isFlag(name string) bool {
	return strings.HasPrefix(name, "flag.") || strings.HasPrefix(name, "github.com/spf13/pflag.")
}

func stringOf(arguments []ast.Expr, index int) (string, bool) {
	if index < len(arguments) {
		if found, ok := arguments[index].(*ast.BasicLit); ok && found.Kind == token.STRING {
			plain, err := strconv.Unquote(found.Value)
			return plain, err == nil
		}
	}
	return "", false
}

// format is Sprintf with %s, %d and %v; what else stands in a format ends what is known.
func (p *Program) format(format texts, arguments []ast.Expr, v value, seen map[key]bool, depth int) texts {
	result := texts{nil, format.open}
	for _, one := range format.all {
		built := literal("")
		rest := one.text
		next := 0
		for {
			cut := strings.IndexByte(rest, '%')
			if cut < 0 || cut+1 >= len(rest) {
				built = built.then(literal(rest))
				break
			}
			built = built.then(literal(rest[:cut]))
			verb := rest[cut+1]
			rest = rest[cut+2:]
			if verb == '%' {
				built = built.then(literal("%"))
				continue
			}
			if strings.IndexByte("sdv", verb) < 0 || next >= len(arguments) {
				built = built.then(unknownEnd)
				break
			}
			built = built.then(p.folded(value{arguments[next], v.file, v.env}, seen, depth+1))
			next++
		}
		if !one.whole {
			for index := range built.all {
				built.all[index].whole = false
			}
		}
		result = result.with(built)
	}
	return result
}

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
	p.steps++
	if depth > deepest || len(p.active) > mostActive || p.steps > mostSteps {
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
		return found
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
