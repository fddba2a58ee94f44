package main

import (
	"go/ast"
	"go/token"
	"strings"
)

// environment looks for names of variables.
func (r *Reader) environment(node *ast.CallExpr, name, short string, v value) {
	switch name {
	case "os.Getenv", "os.LookupEnv", "syscall.Getenv":
		r.variable(argument(node, 0), node, v, r.isDemanded(node, v.file))
	case "os.Environ", "syscall.Environ", "os.Clearenv":
		if name != "os.Clearenv" {
			r.gap("the whole environment is read", node, v.file, "env")
		}
	case "os.ExpandEnv":
		found := r.fold(argument(node, 0), v)
		if !found.closed() {
			r.gap("names in a text that is no literal are replaced", node, v.file, "env")
		}
		for _, text := range found.whole() {
			for _, variable := range expanded(text) {
				r.site("env-optional", variable, node, v.file)
			}
		}
	case "github.com/urfave/cli.EnvVars":
		for _, argument := range node.Args {
			r.variable(argument, node, v, false)
		}
	}
	if name == "" && len(node.Args) == 1 && r.isReader(node, v) {
		r.variable(node.Args[0], node, v, r.isDemanded(node, v.file))
	}
	if short == "Envar" && len(node.Args) == 1 {
		r.variable(node.Args[0], node, v, false)
	}
}

// isReader tells whether what is called is a variable that holds os.Getenv: a program that is given its environment.
func (r *Reader) isReader(node *ast.CallExpr, v value) bool {
	ident, ok := node.Fun.(*ast.Ident)
	if !ok || ident.Obj == nil {
		return false
	}
	sources, _ := r.program.sources(value{ident, v.file, v.env}, 0)
	for _, source := range sources {
		switch r.program.qualified(source.node, source.file) {
		case "os.Getenv", "os.LookupEnv":
			return true
		}
	}
	return false
}

// expanded are the names in `$X` and `${X}`.
func expanded(text string) []string {
	var found []string
	for index := 0; index < len(text); index++ {
		if text[index] != '$' {
			continue
		}
		rest := strings.TrimPrefix(text[index+1:], "{")
		end := 0
		for end < len(rest) && (rest[end] == '_' || isLetter(rest[end]) || rest[end] >= '0' && rest[end] <= '9') {
			end++
		}
		if end > 0 {
			found = append(found, rest[:end])
		}
	}
	return found
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func (r *Reader) variable(name ast.Expr, at ast.Node, v value, required bool) {
	if name == nil {
		return
	}
	found := r.fold(name, v)
	if !found.closed() {
		r.gap("the name is no literal", at, v.file, "env")
	}
	demanding := r.demandingWrapper(name, at, v)
	for _, text := range found.whole() {
		kind := "env-optional"
		if required && !r.isParameter(name, v) || demanding {
			kind = "env-required"
		}
		r.site(kind, text, at, v.file)
	}
}

func (r *Reader) isParameter(name ast.Expr, v value) bool {
	ident, ok := name.(*ast.Ident)
	if !ok || ident.Obj == nil {
		return false
	}
	_, ok = ident.Obj.Decl.(*ast.Field)
	return ok
}

// demandingWrapper tells whether a variable is read by a function of one parameter that ends the program or fails for what was
// read: `func mustGet(name string) string`.
func (r *Reader) demandingWrapper(name ast.Expr, at ast.Node, v value) bool {
	if !r.isParameter(name, v) {
		return false
	}
	for node := v.file.parents[name]; node != nil; node = v.file.parents[node] {
		decl, ok := node.(*ast.FuncDecl)
		if !ok {
			continue
		}
		count := 0
		for _, field := range decl.Type.Params.List {
			count += len(field.Names)
		}
		read := namesOf(v.file.parents[at])
		demands := r.isDemanded(at, v.file)
		ast.Inspect(decl.Body, func(inner ast.Node) bool {
			if block, ok := inner.(*ast.IfStmt); ok {
				demands = demands || ends(block.Body) && mentions(block.Cond, read)
			}
			return true
		})
		return count == 1 && demands
	}
	return false
}

// isDemanded tells whether what follows a read ends the program when there is nothing: `if x == "" { log.Fatal(…) }`.
func (r *Reader) isDemanded(node ast.Node, file *File) bool {
	parent := file.parents[node]
	if compare, ok := parent.(*ast.BinaryExpr); ok {
		if block, ok := file.parents[compare].(*ast.IfStmt); ok && compare.Op == token.EQL {
			return ends(block.Body)
		}
	}
	assign, ok := parent.(*ast.AssignStmt)
	if !ok {
		if spec, ok := parent.(*ast.ValueSpec); ok {
			return r.isGlobalDemanded(spec, file)
		}
		return false
	}
	names := namesOf(assign)
	if block, ok := file.parents[assign].(*ast.IfStmt); ok && block.Init == ast.Stmt(assign) {
		if isMissing(block.Cond, names) {
			return ends(block.Body)
		}
		if other, ok := block.Else.(*ast.BlockStmt); ok {
			return ends(other)
		}
		return false
	}
	block, ok := file.parents[assign].(*ast.BlockStmt)
	if !ok {
		return false
	}
	after := false
	for _, statement := range block.List {
		if statement == ast.Stmt(assign) {
			after = true
			continue
		}
		if branch, ok := statement.(*ast.IfStmt); ok && after && isMissing(branch.Cond, names) && ends(branch.Body) {
			return true
		}
	}
	return false
}

// namesOf are the variables, and the fields as `.field`, that an assignment gives values to.
func namesOf(statement ast.Node) []string {
	assign, ok := statement.(*ast.AssignStmt)
	if !ok {
		return nil
	}
	var names []string
	for _, target := range assign.Lhs {
		if name, ok := target.(*ast.Ident); ok {
			names = append(names, name.Name)
		} else if field, ok := target.(*ast.SelectorExpr); ok {
			names = append(names, "."+field.Sel.Name)
		}
	}
	return names
}

func mentions(condition ast.Expr, names []string) bool {
	found := false
	ast.Inspect(condition, func(node ast.Node) bool {
		if ident, ok := node.(*ast.Ident); ok {
			for _, name := range names {
				found = found || ident.Name == name
			}
		}
		return !found
	})
	return found
}

func (r *Reader) isGlobalDemanded(spec *ast.ValueSpec, file *File) bool {
	var names []string
	for _, name := range spec.Names {
		names = append(names, name.Name)
	}
	found := false
	for _, other := range file.pkg.files {
		ast.Inspect(other.tree, func(node ast.Node) bool {
			if branch, ok := node.(*ast.IfStmt); ok && isMissing(branch.Cond, names) && ends(branch.Body) {
				found = true
			}
			return !found
		})
	}
	return found
}

func isMissing(condition ast.Expr, names []string) bool {
	is := func(node ast.Expr) bool {
		for _, name := range names {
			if ident, ok := node.(*ast.Ident); ok && ident.Name == name {
				return true
			}
			if field, ok := node.(*ast.SelectorExpr); ok && "."+field.Sel.Name == name {
				return true
			}
		}
		return false
	}
	switch condition := condition.(type) {
	case *ast.ParenExpr:
		return isMissing(condition.X, names)
	case *ast.UnaryExpr:
		return condition.Op == token.NOT && is(condition.X)
	case *ast.BinaryExpr:
		if condition.Op == token.LOR {
			return isMissing(condition.X, names) || isMissing(condition.Y, names)
		}
		if condition.Op != token.EQL {
			return false
		}
		if call, ok := condition.X.(*ast.CallExpr); ok && len(call.Args) == 1 && lastName(call.Fun) == "len" {
			return is(call.Args[0])
		}
		text, ok := condition.Y.(*ast.BasicLit)
		return is(condition.X) && ok && (text.Value == `""` || text.Value == "``")
	}
	return false
}

// ends tells whether a block ends the program or returns an error.
func ends(block *ast.BlockStmt) bool {
	for _, statement := range block.List {
		switch statement := statement.(type) {
		case *ast.ExprStmt:
			if call, ok := statement.X.(*ast.CallExpr); ok {
				name := lastName(call.Fun)
				if name == "panic" || name == "Exit" || strings.HasPrefix(name, "Fatal") || strings.HasPrefix(name, "Panic") {
					return true
				}
			}
		case *ast.ReturnStmt:
			for _, result := range statement.Results {
				switch result := result.(type) {
				case *ast.CallExpr:
					name := lastName(result.Fun)
					if name == "Errorf" || name == "New" || name == "Wrap" || name == "Wrapf" {
						return true
					}
				case *ast.Ident:
					if strings.HasPrefix(result.Name, "Err") || strings.HasPrefix(result.Name, "err") && len(result.Name) > 3 {
						return true
					}
				}
			}
		}
	}
	return false
}
