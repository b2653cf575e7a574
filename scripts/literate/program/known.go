package program

import (
	"go/token"
	"slices"
	"strings"
)

// known is what the kernel has kept of the cells so far.
type known struct {
	imports   map[string]importSpec   // By the kernel's own key.
	others    map[string]*declaration // Functions, types and constants, by name or Type.Name.
	variables map[string]*declaration // By name.
	blank     []*declaration          // Variables called _.
	ever      map[string]bool         // Names of all variables, also of those replaced.
}

func newKnown() *known {
	return &known{
		imports: map[string]importSpec{}, others: map[string]*declaration{},
		variables: map[string]*declaration{}, ever: map[string]bool{},
	}
}

// add adds what a cell declares, as the kernel merges it: a variable replaces an
// earlier one together with those that the same call set.
func (k *known) add(p *piece) error {
	if err := k.addImports(p); err != nil {
		return err
	}
	for _, d := range p.declared {
		if d.kind == token.VAR {
			for _, name := range d.names {
				if old := k.variables[name]; old != nil {
					for _, n := range old.names {
						delete(k.variables, n)
					}
				}
				if !k.ever[name] {
					d.newNames = append(d.newNames, name)
				}
				k.ever[name] = true
			}
			for _, name := range d.names {
				k.variables[name] = d
			}
			if len(d.names) == 0 {
				k.blank = append(k.blank, d)
			}
			continue
		}
		keys := d.names
		if len(keys) == 0 {
			keys = []string{d.key}
		}
		for _, key := range keys {
			if key == "_" {
				continue
			}
			old := k.others[key]
			if old != nil && old.piece != p {
				if old.standard() != d.standard() {
					return errorAt(p, "it declares another %s than cell %s, and a program has one; rename one of them", key, old.piece.id)
				}
				d.again = true
				continue
			}
			k.others[key] = d
		}
	}
	return nil
}

// sorted returns all that is known in the kernel's order: by name within each kind.
func (k *known) sorted() (others, variables []*declaration) {
	for _, d := range k.others {
		others = append(others, d)
	}
	variables = append(variables, k.blank...)
	for _, d := range k.variables {
		variables = append(variables, d)
	}
	return unique(others), unique(variables)
}

func unique(all []*declaration) []*declaration {
	slices.SortStableFunc(all, func(a, b *declaration) int {
		if c := strings.Compare(a.key, b.key); c != 0 {
			return c
		}
		if c := strings.Compare(a.piece.id, b.piece.id); c != 0 {
			return c
		}
		return int(a.node.Pos() - b.node.Pos())
	})
	return slices.Compact(all)
}
