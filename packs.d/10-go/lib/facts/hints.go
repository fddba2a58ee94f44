package main

import (
	"go/ast"
	"go/token"
	"regexp"
	"strings"
)

var hint = regexp.MustCompile(`(?i)(^|[a-z_])(urls?|uri|endpoint|base|api|host|server|webhook|dsn|broker|upstream|service|target|address|remote|addr)s?$`)

var noHint = regexp.MustCompile(`(?i)doc|license|homepage|terms|contact|help|logo|icon|image|link|href|origin|redirect|issuer|schema|namespace|cors|allowed|about|repo|author|project|website|example|front_?end`)

// hints are literals that are named like an address, where the list is open in any case: better known than not.
func (r *Reader) hints() {
	for _, file := range r.program.sorted() {
		ast.Inspect(file.tree, func(node ast.Node) bool {
			found, ok := node.(*ast.BasicLit)
			if !ok || found.Kind != token.STRING {
				return true
			}
			text := r.fold(found, value{found, file, nil}).whole()
			if len(text) == 0 || !network.MatchString(text[0]) {
				return true
			}
			name := nameOf(found, file)
			match := authority.FindStringSubmatch(text[0])
			if name != "" && hint.MatchString(name) && !noHint.MatchString(name) && match != nil && match[1] != "" &&
				!strings.ContainsAny(match[1], "{}%<>$") {
				r.hosts(text[0], found, file)
			}
			return true
		})
	}
}

// nameOf is what a literal is assigned to.
func nameOf(node ast.Node, file *File) string {
	for child, parent := node, file.parents[node]; parent != nil; child, parent = parent, file.parents[parent] {
		switch parent := parent.(type) {
		case *ast.BinaryExpr, *ast.CompositeLit, *ast.ParenExpr:
			continue
		case *ast.ValueSpec:
			for index, one := range parent.Values {
				if ast.Node(one) == child && index < len(parent.Names) {
					return parent.Names[index].Name
				}
			}
			return ""
		case *ast.AssignStmt:
			for index, one := range parent.Rhs {
				if ast.Node(one) == child && index < len(parent.Lhs) {
					return lastName(parent.Lhs[index])
				}
			}
			return ""
		case *ast.KeyValueExpr:
			if parent.Value == child {
				if key, ok := parent.Key.(*ast.Ident); ok {
					return key.Name
				}
				if key, ok := parent.Key.(*ast.BasicLit); ok {
					return strings.Trim(key.Value, "\"`")
				}
			}
			return ""
		case *ast.CallExpr:
			// `getEnv("API_URL", "https://…")`
			if first, ok := argument(parent, 0).(*ast.BasicLit); ok && ast.Node(first) != child {
				return strings.Trim(first.Value, "\"`")
			}
			return ""
		default:
			return ""
		}
	}
	return ""
}
