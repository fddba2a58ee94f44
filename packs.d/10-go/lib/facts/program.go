package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"strconv"
	"strings"
)

const (
	maximumFile  = 4 << 20
	maximumTotal = 96 << 20
)

// File is one source file with the nodes around each node.
type File struct {
	path    string
	tree    *ast.File
	imports map[string]string // local name → import path
	dots    []string
	parents map[ast.Node]ast.Node
	pkg     *Package
}

// Package is the files of one directory.
type Package struct {
	directory string
	files     []*File
	names     map[string]*declared // package level
	methods   map[string][]*declared
}

// declared is a package-level name: what declares it, in which file.
type declared struct {
	node  ast.Node // *ast.FuncDecl, *ast.ValueSpec, *ast.TypeSpec
	index int      // among the names of a ValueSpec
	file  *File
}

// call is one call with its file.
type call struct {
	node *ast.CallExpr
	file *File
}

// value is an expression, where it stands, and what the parameters around it are bound to.
type value struct {
	node ast.Expr
	file *File
	env  *env
}

// env binds names for one call or one turn of a loop: what they are is found by the object that declares them.
type env struct {
	bound map[*ast.Object]value
	outer *env
	depth int
}

func (e *env) find(object *ast.Object) (value, bool) {
	for ; e != nil; e = e.outer {
		if found, ok := e.bound[object]; ok {
			return found, true
		}
	}
	return value{}, false
}

// Program is all that was read.
type Program struct {
	files    *token.FileSet
	packages map[string]*Package // by directory
	modules  map[string]string
	calls    []call
	byName   map[string][]call // by the last name of what is called
	assigned map[*ast.Object][]value
	// Assignments to package-level variables and to fields, by name: what is behind a selector is not known by its type.
	globals map[string][]value
	fields  map[string][]value
	opened  map[*ast.Object]bool // its address is taken
	openGlobals,
	openFields map[string]bool
	mentions map[string]int // functions that are used as values
	known    map[key]origin
	active   map[key]bool
	bound    map[binding]*env
	cuts     int
	steps    int
}

// key is one expression with what its parameters are bound to.
type key struct {
	node ast.Node
	env  *env
}

// binding is one call of one function.
type binding struct {
	function *ast.FuncType
	call     *ast.CallExpr
	env      *env
}

// origin is what sources gives.
type origin struct {
	values []value
	open   bool
}

func load(input Input, report *Report) *Program {
	p := &Program{
		files: token.NewFileSet(), packages: map[string]*Package{}, modules: input.Modules, byName: map[string][]call{},
		assigned: map[*ast.Object][]value{}, globals: map[string][]value{}, fields: map[string][]value{},
		opened: map[*ast.Object]bool{}, openGlobals: map[string]bool{}, openFields: map[string]bool{},
		mentions: map[string]int{}, known: map[key]origin{}, active: map[key]bool{}, bound: map[binding]*env{},
	}
	total := int64(0)
	var all []*File
	for _, name := range input.Files {
		status, err := os.Stat(name)
		if err != nil || !status.Mode().IsRegular() {
			report.doubt(name+" cannot be read", "*")
			continue
		}
		total += status.Size()
		if status.Size() > maximumFile || total > maximumTotal {
			report.doubt(name+" is larger than what is looked at", "*")
			continue
		}
		content, err := os.ReadFile(name)
		if err != nil {
			report.doubt(name+" cannot be read", "*")
			continue
		}
		tree, err := parser.ParseFile(p.files, name, content, 0)
		if err != nil || tree == nil {
			report.doubt(name+" is no Go that this toolchain reads", "*")
			continue
		}
		all = append(all, p.add(name, tree))
	}
	for _, file := range all {
		p.index(file)
	}
	return p
}

func (p *Program) add(name string, tree *ast.File) *File {
	directory := path.Dir(name)
	pkg := p.packages[directory]
	if pkg == nil {
		pkg = &Package{directory: directory, names: map[string]*declared{}, methods: map[string][]*declared{}}
		p.packages[directory] = pkg
	}
	file := &File{path: name, tree: tree, imports: map[string]string{}, parents: map[ast.Node]ast.Node{}, pkg: pkg}
	pkg.files = append(pkg.files, file)
	for _, spec := range tree.Imports {
		target, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		switch {
		case spec.Name == nil:
			file.imports[defaultName(target)] = target
		case spec.Name.Name == ".":
			file.dots = append(file.dots, target)
		default:
			file.imports[spec.Name.Name] = target
		}
	}
	for _, decl := range tree.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if decl.Recv == nil {
				pkg.names[decl.Name.Name] = &declared{decl, 0, file}
			} else {
				pkg.methods[decl.Name.Name] = append(pkg.methods[decl.Name.Name], &declared{decl, 0, file})
			}
		case *ast.GenDecl:
			for _, spec := range decl.Specs {
				switch spec := spec.(type) {
				case *ast.ValueSpec:
					for index, name := range spec.Names {
						pkg.names[name.Name] = &declared{spec, index, file}
					}
				case *ast.TypeSpec:
					pkg.names[spec.Name.Name] = &declared{spec, 0, file}
				}
			}
		}
	}
	return file
}

// defaultName is what a package is called that is imported without a name: the last part of its path, without a version.
func defaultName(target string) string {
	parts := strings.Split(target, "/")
	name := parts[len(parts)-1]
	if len(parts) > 1 && len(name) > 1 && name[0] == 'v' && strings.Trim(name[1:], "0123456789") == "" {
		name = parts[len(parts)-2]
	}
	if cut := strings.LastIndex(name, ".v"); cut > 0 && strings.Trim(name[cut+2:], "0123456789") == "" {
		name = name[:cut]
	}
	name = strings.TrimPrefix(name, "go-")
	name = strings.TrimSuffix(name, "-go")
	return strings.ReplaceAll(name, "-", "_")
}

// index notes what is around each node, calls, and assignments.
func (p *Program) index(file *File) {
	var stack []ast.Node
	ast.Inspect(file.tree, func(node ast.Node) bool {
		if node == nil {
			stack = stack[:len(stack)-1]
			return true
		}
		if len(stack) > 0 {
			file.parents[node] = stack[len(stack)-1]
		}
		stack = append(stack, node)
		return true
	})
	ast.Inspect(file.tree, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.CallExpr:
			found := call{node, file}
			p.calls = append(p.calls, found)
			if name := lastName(node.Fun); name != "" {
				p.byName[name] = append(p.byName[name], found)
			}
		case *ast.AssignStmt:
			for index, target := range node.Lhs {
				var right ast.Expr
				if len(node.Rhs) == len(node.Lhs) {
					right = node.Rhs[index]
				} else if len(node.Rhs) == 1 && index == 0 {
					right = node.Rhs[0]
				}
				if node.Tok != token.ASSIGN && node.Tok != token.DEFINE {
					right = nil
				}
				p.assign(target, right, file)
			}
		case *ast.UnaryExpr:
			if node.Op == token.AND {
				p.open(node.X, node, file)
			}
		case *ast.KeyValueExpr:
			if key, ok := node.Key.(*ast.Ident); ok {
				if _, isMap := mapOf(file.parents[node]); !isMap {
					p.fields[key.Name] = append(p.fields[key.Name], value{node.Value, file, nil})
				}
			}
		case *ast.Ident:
			if parent, ok := file.parents[node].(*ast.CallExpr); !ok || parent.Fun != ast.Expr(node) {
				p.mention(node.Name, node, file)
			}
		}
		return true
	})
}

func mapOf(node ast.Node) (*ast.MapType, bool) {
	if literal, ok := node.(*ast.CompositeLit); ok {
		found, isMap := literal.Type.(*ast.MapType)
		return found, isMap
	}
	return nil, false
}

func (p *Program) mention(name string, node *ast.Ident, file *File) {
	if selector, ok := file.parents[node].(*ast.SelectorExpr); ok {
		if selector.Sel != node {
			return
		}
		if parent, ok := file.parents[selector].(*ast.CallExpr); ok && parent.Fun == ast.Expr(selector) {
			return
		}
	}
	if _, ok := file.parents[node].(*ast.FuncDecl); ok {
		return
	}
	p.mentions[name]++
}

func (p *Program) assign(target, right ast.Expr, file *File) {
	switch target := target.(type) {
	case *ast.Ident:
		if target.Name == "_" {
			return
		}
		if target.Obj != nil {
			p.assigned[target.Obj] = append(p.assigned[target.Obj], value{right, file, nil})
			if !isGlobal(target.Obj, file) {
				return
			}
		}
		key := file.pkg.directory + ":" + target.Name
		p.globals[key] = append(p.globals[key], value{right, file, nil})
	case *ast.SelectorExpr:
		if found := p.imported(target, file); found != nil {
			key := found.directory + ":" + target.Sel.Name
			p.globals[key] = append(p.globals[key], value{right, file, nil})
			return
		}
		p.fields[target.Sel.Name] = append(p.fields[target.Sel.Name], value{right, file, nil})
	case *ast.StarExpr:
		p.open(target.X, nil, file)
	}
}

// isGlobal tells whether an object of a file is one of its package: the parser resolves both in the same way.
func isGlobal(object *ast.Object, file *File) bool {
	found := file.pkg.names[object.Name]
	if found == nil {
		return false
	}
	node, ok := object.Decl.(ast.Node)
	return ok && node == found.node
}

// open notes that the address of a variable is handed out, so that anything may be written into it. Values that `flag`
// and its like put in are known.
func (p *Program) open(target ast.Expr, at ast.Node, file *File) {
	name := ""
	switch target := target.(type) {
	case *ast.Ident:
		if given := p.flagDefault(at, file); given != nil {
			p.assign(target, given, file)
		}
		if target.Obj != nil {
			p.opened[target.Obj] = true
		}
		p.openGlobals[file.pkg.directory+":"+target.Name] = true
		return
	case *ast.SelectorExpr:
		if given := p.flagDefault(at, file); given != nil {
			p.assign(target, given, file)
		}
		name = target.Sel.Name
	}
	if name != "" {
		p.openFields[name] = true
	}
}

// flagDefault is the default of `flag.StringVar(&x, "name", default, "…")`.
func (p *Program) flagDefault(at ast.Node, file *File) ast.Expr {
	if at == nil {
		return nil
	}
	parent, ok := file.parents[at].(*ast.CallExpr)
	if !ok || len(parent.Args) < 3 || parent.Args[0] != at {
		return nil
	}
	switch name := lastName(parent.Fun); name {
	case "StringVar", "IntVar", "UintVar", "Int64Var", "Uint16Var":
		return parent.Args[2]
	case "StringVarP", "IntVarP", "UintVarP":
		if len(parent.Args) > 3 {
			return parent.Args[3]
		}
	}
	return nil
}

// imported is the project's package behind `name.X`; nil for anything else.
func (p *Program) imported(selector *ast.SelectorExpr, file *File) *Package {
	name, ok := selector.X.(*ast.Ident)
	if !ok || name.Obj != nil {
		return nil
	}
	target, ok := file.imports[name.Name]
	if !ok {
		return nil
	}
	return p.own(target)
}

// own is the project's package of an import path.
func (p *Program) own(target string) *Package {
	for module, directory := range p.modules {
		if target == module {
			return p.packages[path.Clean(directory)]
		}
		if strings.HasPrefix(target, module+"/") {
			if found := p.packages[path.Join(directory, target[len(module)+1:])]; found != nil {
				return found
			}
		}
	}
	return nil
}

// isOwn tells whether an import path belongs to a module of the project.
func (p *Program) isOwn(target string) bool {
	for module := range p.modules {
		if target == module || strings.HasPrefix(target, module+"/") {
			return true
		}
	}
	return false
}

// qualified is `net/http.ListenAndServe` for `http.ListenAndServe`; empty for anything that is not of an imported package.
func (p *Program) qualified(node ast.Expr, file *File) string {
	switch node := node.(type) {
	case *ast.ParenExpr:
		return p.qualified(node.X, file)
	case *ast.StarExpr:
		return p.qualified(node.X, file)
	case *ast.IndexExpr:
		return p.qualified(node.X, file)
	case *ast.SelectorExpr:
		name, ok := node.X.(*ast.Ident)
		if !ok || name.Obj != nil {
			return ""
		}
		if target, ok := file.imports[name.Name]; ok {
			return plainPath(target) + "." + node.Sel.Name
		}
	case *ast.Ident:
		if node.Obj == nil && file.pkg.names[node.Name] == nil {
			for _, target := range file.dots {
				return plainPath(target) + "." + node.Name
			}
		}
	}
	return ""
}

// plainPath is an import path without the major version at its end.
func plainPath(target string) string {
	parts := strings.Split(target, "/")
	last := parts[len(parts)-1]
	if len(parts) > 1 && len(last) > 1 && last[0] == 'v' && strings.Trim(last[1:], "0123456789") == "" {
		return strings.Join(parts[:len(parts)-1], "/")
	}
	if cut := strings.LastIndex(last, ".v"); cut > 0 && strings.HasPrefix(target, "gopkg.in/") {
		return target[:len(target)-len(last)+cut]
	}
	return target
}

func lastName(node ast.Expr) string {
	switch node := node.(type) {
	case *ast.Ident:
		return node.Name
	case *ast.SelectorExpr:
		return node.Sel.Name
	case *ast.ParenExpr:
		return lastName(node.X)
	case *ast.IndexExpr:
		return lastName(node.X)
	}
	return ""
}

func (p *Program) line(node ast.Node) int { return p.files.Position(node.Pos()).Line }
