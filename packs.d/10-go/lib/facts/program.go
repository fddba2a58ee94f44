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
	flags    map[string][]value // see flagDefaults
	ofOne    int                // of them, for what is being followed
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
