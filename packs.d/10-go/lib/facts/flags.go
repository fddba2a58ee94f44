package main

import (
	"go/ast"
	"strings"
)

const urfave = "github.com/urfave/cli"

// isFlagRead tells whether a call may be `c.String("name")` of a context of urfave's cli.
func (p *Program) isFlagRead(node ast.Expr) bool {
	selector, ok := node.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	switch selector.Sel.Name {
	case "String", "Int", "Int64", "Uint", "Path", "GlobalString", "GlobalInt":
		return p.importsAny(urfave)
	}
	return false
}

// flagDefaults are the values that flags have which nobody gives, by the flag's name: `&cli.StringFlag{Name: "x", Value: "y"}`.
func (p *Program) flagDefaults() map[string][]value {
	if p.flags != nil {
		return p.flags
	}
	p.flags = map[string][]value{}
	for _, file := range p.sorted() {
		ast.Inspect(file.tree, func(node ast.Node) bool {
			literal, ok := node.(*ast.CompositeLit)
			if !ok || !strings.HasPrefix(p.qualified(literal.Type, file), urfave) {
				return true
			}
			v := value{literal, file, nil}
			name, named := p.field(v, "Name")
			given, hasValue := p.field(v, "Value")
			if !named || !hasValue {
				return true
			}
			if plain, ok := stringOf([]ast.Expr{name.node}, 0); ok {
				for _, alias := range strings.Split(plain, ",") {
					alias = strings.TrimSpace(alias)
					p.flags[alias] = append(p.flags[alias], given)
				}
			}
			return true
		})
	}
	return p.flags
}
