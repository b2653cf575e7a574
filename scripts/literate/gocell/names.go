package gocell

import "go/ast"

// FuncName returns "F", or "T.F" for a method of T or *T.
func FuncName(f *ast.FuncDecl) string {
	if f.Recv == nil || len(f.Recv.List) == 0 {
		return f.Name.Name
	}
	name := TypeName(f.Recv.List[0].Type)
	if name == "" {
		name = "?"
	}
	return name + "." + f.Name.Name
}

// TypeName returns the name of a type without pointers, packages and type
// arguments; nothing for a type that has none.
func TypeName(t ast.Expr) string {
	for {
		switch x := t.(type) {
		case *ast.Ident:
			return x.Name
		case *ast.StarExpr:
			t = x.X
		case *ast.ParenExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.SelectorExpr:
			t = x.Sel
		default:
			return ""
		}
	}
}
