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
	// One value that cannot be followed to its end must not leave nothing for the others.
	mostOfOne = 20_000
	mostSteps = 3_000_000
)

var nothing = texts{nil, true}

var unknownEnd = texts{[]text{{"", false}}, false}

// fold gives the texts of an expression.
func (p *Program) fold(v value) texts {
	p.begin(0)
	return p.folded(v, map[key]bool{}, 0)
}

// begin is the start of one value that is followed, where nothing is being followed yet.
func (p *Program) begin(depth int) {
	if depth == 0 && len(p.active) == 0 {
		p.ofOne = 0
	}
}

// isSpent counts a step, and tells whether it is one too many.
func (p *Program) isSpent() bool {
	p.ofOne++
	p.steps++
	return p.ofOne > mostOfOne || p.steps > mostSteps
}

func (p *Program) folded(v value, seen map[key]bool, depth int) texts {
	at := key{v.node, v.env}
	// A text that is made of itself, as `dir = path.Join(dir, "x")` is, has no end.
	if p.isSpent() || v.node == nil || depth > deepest || seen[at] {
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
	case (name == "path.Dir" || name == "path/filepath.Dir") && len(node.Args) == 1:
		inner := argument(0)
		result := texts{nil, inner.open || len(inner.all) == 0}
		for _, one := range inner.whole() {
			if one != "" {
				result = result.with(literal(path.Dir(one)))
			}
		}
		return result, true
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
	case name == "" && len(node.Args) == 1 && p.isFlagRead(node.Fun):
		if given, ok := stringOf(node.Args, 0); ok && len(p.flagDefaults()[given]) > 0 {
			result := texts{nil, true}
			for _, one := range p.flagDefaults()[given] {
				result = result.with(p.folded(one, seen, depth+1))
			}
			result.open = true
			return result, true
		}
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
