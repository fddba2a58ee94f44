package main

import (
	"go/ast"
	"strings"
)

// paths are functions that write what an argument names.
var paths = map[string]int{
	"os.WriteFile": 0, "io/ioutil.WriteFile": 0, "os.Create": 0, "os.Mkdir": 0, "os.MkdirAll": 0, "os.Rename": 1, "os.Symlink": 1,
	"os.Link": 1, "os.Truncate": 0, "gorm.io/driver/sqlite.Open": 0, "github.com/glebarez/sqlite.Open": 0,
	"go.etcd.io/bbolt.Open": 0, "github.com/boltdb/bolt.Open": 0, "github.com/dgraph-io/badger.DefaultOptions": 0,
	"github.com/dgraph-io/badger/v4.DefaultOptions": 0, "github.com/syndtr/goleveldb/leveldb.OpenFile": 0,
}

func (r *Reader) write(node *ast.CallExpr, name, short string, v value) {
	if index, ok := paths[name]; ok {
		r.path(argument(node, index), node, v)
		return
	}
	switch name {
	case "os.OpenFile":
		words := map[string]bool{}
		if flags := argument(node, 1); flags != nil {
			ast.Inspect(flags, func(inner ast.Node) bool {
				if selector, ok := inner.(*ast.SelectorExpr); ok {
					words[selector.Sel.Name] = true
				}
				return true
			})
		}
		if words["O_WRONLY"] || words["O_RDWR"] || words["O_CREATE"] || words["O_APPEND"] || words["O_TRUNC"] {
			r.path(argument(node, 0), node, v)
		} else if !words["O_RDONLY"] {
			r.gap("the mode in which a file is opened is no literal", node, v.file, "writes")
		}
	case "os.CreateTemp", "os.MkdirTemp", "io/ioutil.TempFile", "io/ioutil.TempDir":
		r.gap("a file in the directory for temporary ones", node, v.file, "writes")
	case "os/exec.Command", "os/exec.CommandContext", "os.StartProcess", "syscall.Exec", "syscall.ForkExec":
		r.gap("another program is started", node, v.file, "egress", "env", "ports", "writes")
	case "syscall.Open", "golang.org/x/sys/unix.Open":
		r.gap("the mode in which a file is opened is no literal", node, v.file, "writes")
	case "os.CopyFS":
		r.path(argument(node, 0), node, v)
	case "os.OpenRoot":
		r.gap("files below a directory are opened", node, v.file, "writes")
	}
	if isSQL(name) && len(node.Args) > 1 {
		index := urls[name]
		for _, driver := range r.fold(argument(node, index-1), v).whole() {
			if strings.HasPrefix(driver, "sqlite") {
				r.path(argument(node, index), node, v)
			}
		}
	}
	if short == "SaveUploadedFile" && len(node.Args) == 2 {
		r.path(node.Args[1], node, v)
	}
	if short == "SaveFile" && len(node.Args) == 2 && r.program.importsAny("github.com/gofiber/fiber") {
		r.path(node.Args[1], node, v)
	}
}

func (r *Reader) path(node ast.Expr, at ast.Node, v value) {
	if node == nil {
		return
	}
	found := r.fold(node, v)
	if !found.closed() {
		r.gap("the path is no literal", at, v.file, "writes")
	}
	for _, text := range found.whole() {
		if strings.HasPrefix(text, "file:") {
			text = text[len("file:"):]
		}
		text = strings.SplitN(text, "?", 2)[0]
		if text != "" && text != ":memory:" {
			r.site("writes", text, at, v.file)
		}
	}
}

var keyed = map[string]int{
	"Get": 1, "Set": 1, "SetNX": 1, "SetEx": 1, "SetEX": 1, "GetSet": 1, "Incr": 1, "IncrBy": 1, "Decr": 1, "Expire": 1, "TTL": 1,
	"Exists": 1, "Del": 1, "HGet": 1, "HSet": 1, "HMSet": 1, "HGetAll": 1, "HDel": 1, "HIncrBy": 1, "LPush": 1, "RPush": 1, "LPop": 1,
	"RPop": 1, "LRange": 1, "LLen": 1, "SAdd": 1, "SRem": 1, "SMembers": 1, "SIsMember": 1, "ZAdd": 1, "ZRange": 1, "ZRem": 1,
	"ZIncrBy": 1, "Publish": 1, "XAdd": 1, "GetDel": 1, "ZRevRange": 1, "ZScore": 1, "ZCard": 1, "LTrim": 1, "Append": 1,
}

// cache is a key that a client of Redis is given.
func (r *Reader) cache(node *ast.CallExpr, short string, v value) {
	index, ok := keyed[short]
	if !ok {
		return
	}
	selector, ok := node.Fun.(*ast.SelectorExpr)
	if !ok || r.program.qualified(selector, v.file) != "" {
		return
	}
	kinds := r.kinds(selector.X, v)
	if !hasPrefix(kinds, "github.com/redis/go-redis.", "github.com/go-redis/redis.") {
		return
	}
	if first := argument(node, 0); first != nil && len(r.fold(first, v).all) > 0 {
		index = 0 // a client of before contexts
	}
	found := r.fold(argument(node, index), v)
	if found.open || len(found.all) == 0 {
		r.gap("a key is no literal", node, v.file, "cache-namespaces")
	}
	for _, one := range found.all {
		name := one.text
		if cut := strings.LastIndex(name, ":"); cut >= 0 {
			name = name[:cut+1]
		}
		if name == "" {
			r.gap("a key is no literal", node, v.file, "cache-namespaces")
			continue
		}
		r.site("cache-namespaces", name, node, v.file)
	}
}
