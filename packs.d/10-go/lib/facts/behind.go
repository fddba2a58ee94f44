package main

import (
	"go/ast"
	"go/token"
	"regexp"
	"strings"
)

var formatWithPort = regexp.MustCompile(`:%[sdv]$`)

// portsBehind are the ports in an address whose host nobody knows: `host + ":" + port`, `fmt.Sprintf("%s:%d", host, port)`,
// `net.JoinHostPort(host, port)`.
func (r *Reader) portsBehind(v value) []string {
	var found []string
	sources, _ := r.program.sources(v, 0)
	for _, source := range sources {
		for _, text := range r.fold(portOperand(source, r.program), source).whole() {
			if port := strings.TrimPrefix(text, ":"); isDigits(port) && strings.Trim(port, "0") != "" && len(port) < 6 {
				found = append(found, port)
			}
		}
	}
	return found
}

// portOperand is the part of an address that is put together which has the port, perhaps behind a colon; nil where none is seen.
func portOperand(v value, p *Program) ast.Expr {
	switch node := v.node.(type) {
	case *ast.BinaryExpr:
		if node.Op != token.ADD {
			return nil
		}
		if text, ok := stringOf([]ast.Expr{node.Y}, 0); ok && strings.HasPrefix(text, ":") {
			return node.Y
		}
		before := node.X
		if inner, ok := before.(*ast.BinaryExpr); ok {
			before = inner.Y
		}
		if text, ok := stringOf([]ast.Expr{before}, 0); ok && strings.HasSuffix(text, ":") {
			return node.Y
		}
	case *ast.CallExpr:
		switch p.qualified(node.Fun, v.file) {
		case "net.JoinHostPort":
			return argument(node, 1)
		case "fmt.Sprintf":
			if format, ok := stringOf(node.Args, 0); ok && formatWithPort.MatchString(format) && len(node.Args) == strings.Count(format, "%")+1 {
				return argument(node, -1)
			}
		}
	}
	return nil
}
