package program

import (
	"go/types"
	"maps"
	"slices"
)

// oneMeaning returns an error if a name means different things in the kernel's
// programs for two cells, or would so in one program for all.
func oneMeaning(pieces []*piece, packages *packages) error {
	type imported struct {
		path string
		by   *piece
	}
	imports := map[string]imported{}
	types_ := map[string]string{}
	declaredIn := map[string]*piece{}
	for _, p := range pieces {
		for _, d := range p.declared {
			for _, name := range d.names {
				if declaredIn[name] == nil {
					declaredIn[name] = p
				}
			}
		}
		for _, i := range p.imports {
			name, err := packages.name(i)
			if err != nil {
				return errorAt(p, "%w", err)
			}
			if name == "_" {
				continue
			}
			if old, ok := imports[name]; ok && old.path != i.path {
				return errorAt(p, "%s is %s here and %s in cell %s; import one of them by another name", name, i.path, old.path, old.by.id)
			} else if !ok {
				imports[name] = imported{i.path, p}
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(declaredIn)) {
		by := declaredIn[name]
		if i, ok := imports[name]; ok {
			return errorAt(by, "it declares %s, which is the package %s in cell %s; rename the one or import the other by another name", name, i.path, i.by.id)
		}
		for _, p := range pieces {
			if p.builtins[name] {
				return errorAt(by, "it declares %s, which is Go's own in cell %s; rename it", name, p.id)
			}
		}
	}
	// Variables that are declared again must keep their type.
	for _, p := range pieces {
		for _, d := range p.declared {
			for _, name := range d.names {
				v, ok := p.scope.Lookup(name).(*types.Var)
				if !ok {
					continue
				}
				t := v.Type().String()
				if old, ok := types_[name]; ok && old != t {
					return errorAt(p, "it declares %s with another type than cell %s, %s and not %s; rename one of them", name, declaredIn[name].id, t, old)
				}
				types_[name] = t
			}
		}
	}
	return nil
}

// name is by which name an import is known.
func (pk *packages) name(i importSpec) (string, error) {
	if i.name != "" {
		return i.name, nil
	}
	p, err := pk.Import(i.path)
	if err != nil {
		return "", err
	}
	return p.Name(), nil
}
