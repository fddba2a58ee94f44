package main

import (
	"go/ast"
	"strings"
)

// settings looks at what libraries do with names that no tag and no call of os has: viper, envconfig's prefix.
func (r *Reader) settings() {
	prefix, automatic, dotted := "", false, false
	for _, call := range r.program.calls {
		v := value{call.node, call.file, nil}
		switch name := r.viper(call); name {
		case "SetEnvPrefix":
			if found := r.fold(argument(call.node, 0), v).whole(); len(found) > 0 {
				prefix = strings.ToUpper(found[0]) + "_"
			}
		case "AutomaticEnv":
			automatic = true
			r.gap("each key that is asked for is a variable, too", call.node, call.file, "env")
		case "SetEnvKeyReplacer":
			dotted = true
		}
		if r.program.qualified(call.node.Fun, call.file) == "github.com/kelseyhightower/envconfig.Process" {
			found := r.fold(argument(call.node, 0), v)
			if whole := found.whole(); len(whole) != 1 || whole[0] != "" {
				r.gap("a prefix is put in front of the names", call.node, call.file, "env")
			}
		}
	}
	for _, call := range r.program.calls {
		v := value{call.node, call.file, nil}
		switch name := r.viper(call); {
		case name == "BindEnv":
			for index, argument := range call.node.Args {
				found := r.fold(argument, v)
				if !found.closed() {
					r.gap("the name is no literal", call.node, call.file, "env")
				}
				for _, text := range found.whole() {
					if index == 0 && len(call.node.Args) == 1 {
						text = prefix + strings.ToUpper(text)
					}
					if index > 0 || len(call.node.Args) == 1 {
						r.site("env-optional", text, call.node, call.file)
					}
				}
			}
		case automatic && strings.HasPrefix(name, "Get") && len(call.node.Args) == 1:
			for _, text := range r.fold(call.node.Args[0], v).whole() {
				text = strings.ToUpper(text)
				if dotted {
					text = strings.NewReplacer(".", "_", "-", "_").Replace(text)
				}
				r.site("env-optional", prefix+text, call.node, call.file)
			}
		}
	}
}

// viper is the name of a function of viper's, of the package or of an object.
func (r *Reader) viper(c call) string {
	selector, ok := c.node.Fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	if strings.HasPrefix(r.program.qualified(selector, c.file), "github.com/spf13/viper.") {
		return selector.Sel.Name
	}
	if hasPrefix(r.kinds(selector.X, value{c.node, c.file, nil}), "github.com/spf13/viper.") {
		return selector.Sel.Name
	}
	return ""
}
