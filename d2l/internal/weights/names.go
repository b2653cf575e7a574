package weights

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// tiedNames returns the further names of tensors. A net that uses a parameter in several places has it in its
// state_dict under as many names; safetensors.torch.save_model writes it once, under the name that sorts first as a
// text, such as 10.weight before 2.weight, and the others into the metadata, as 2.weight: 10.weight.
func tiedNames(tensors map[string]saved, metadata map[string]string) map[string][]string {
	others := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(metadata)) {
		written := metadata[name]
		if _, ok := tensors[written]; !ok {
			continue
		}
		if _, ok := tensors[name]; !ok {
			others[written] = append(others[written], name)
		}
	}
	return others
}

// ties returns what a net that lacks a parameter is told of those with several names.
func (f *File) ties() string {
	for _, written := range slices.Sorted(maps.Keys(f.otherNames)) {
		const ties = "; in PyTorch %s and %s are one parameter: Share does that for whole layers, and otherwise " +
			"clone() the second before you save"
		return fmt.Sprintf(ties, written, f.otherNames[written][0])
	}
	return ""
}

// byFirstPlace returns a foreign file's tensors, those with several names by that of this net's, or else by that of the
// first place, where layers have numbers.
func (f *File) byFirstPlace(all []entry) map[string]saved {
	result := maps.Clone(f.tensors)
	for written, others := range f.otherNames {
		names := append([]string{written}, others...)
		slices.SortFunc(names, inOrder)
		here, length := names[0], 0 // Of a name of the net's in it: the longest says most.
		for _, name := range names {
			for _, e := range all {
				if len(e.name) > length && (name == e.name || strings.HasSuffix(name, "."+e.name)) {
					here, length = name, len(e.name)
				}
			}
		}
		delete(result, written)
		result[here] = f.tensors[written]
	}
	return result
}

// inOrder compares names, with the numbers in them as numbers.
func inOrder(a, b string) int {
	return slices.CompareFunc(strings.Split(a, "."), strings.Split(b, "."), func(a, b string) int {
		i, errA := strconv.Atoi(a)
		j, errB := strconv.Atoi(b)
		if errA == nil && errB == nil {
			return cmp.Compare(i, j)
		}
		return cmp.Compare(a, b)
	})
}

// renamed returns a foreign file's tensors by the names that this net has for them. These
// differ from the file's by a prefix that all its names have in common, such as module.
// of PyTorch's DataParallel, or the file has nn.Sequential's numbers for layers. Every
// tensor is kept, so that files of other nets are refused as ever.
func (f *File) renamed(all []entry, layers []string) (map[string]saved, error) {
	const maxPrefix = 8 // Parts of names; hostile files may have any number.
	tensors := f.byFirstPlace(all)
	candidates := []map[string]saved{tensors}
	for next := strip(tensors); next != nil && len(candidates) <= maxPrefix; next = strip(next) {
		candidates = append(candidates, next)
	}
	for _, stripped := range candidates {
		if haveNames(stripped, all) {
			return stripped, nil
		}
	}
	for _, stripped := range candidates {
		if units := numbered(stripped); units != nil {
			return f.byNumber(stripped, units, all, layers)
		}
	}
	return tensors, nil
}

// strip returns the tensors without the first part of their names, or nil if that is not
// the same for all.
func strip(tensors map[string]saved) map[string]saved {
	var prefix string
	for name := range tensors {
		first, _, _ := strings.Cut(name, ".")
		prefix = first + "."
		break
	}
	result := map[string]saved{}
	for name, tensor := range tensors {
		rest, ok := strings.CutPrefix(name, prefix)
		if !ok {
			return nil
		}
		result[rest] = tensor
	}
	if len(result) == 0 {
		return nil
	}
	return result
}

// haveNames reports whether the names are those of the net's tensors, of which counts of
// batches may be missing.
func haveNames(tensors map[string]saved, all []entry) bool {
	count := 0
	for _, e := range all {
		if _, ok := tensors[e.name]; ok {
			count++
		} else if !e.rule.Count {
			return false
		}
	}
	return count == len(tensors)
}

var numbers = regexp.MustCompile(`^(?:(?:0|[1-9]\d{0,8})\.)+`)

// numbered returns the numbers in front of names, such as 3. of 3.weight or 0.3. where an
// nn.Sequential is in another, in the order of the layers; nil if a name has none.
func numbered(tensors map[string]saved) []string {
	found := map[string]bool{}
	for name := range tensors {
		unit := numbers.FindString(name)
		if unit == "" {
			return nil
		}
		found[unit] = true
	}
	units := slices.Collect(maps.Keys(found))
	slices.SortFunc(units, func(a, b string) int { return slices.Compare(numbersOf(a), numbersOf(b)) })
	return units
}

func numbersOf(unit string) (result []int) {
	for _, part := range strings.Split(strings.TrimSuffix(unit, "."), ".") {
		n, _ := strconv.Atoi(part) // Digits alone.
		result = append(result, n)
	}
	return result
}

// byNumber gives the tensors of numbered layers the names of this net's layers that have
// parameters, in their order.
func (f *File) byNumber(tensors map[string]saved, units []string, all []entry, layers []string) (map[string]saved,
	error) {
	layers = slices.DeleteFunc(slices.Clone(layers), func(layer string) bool {
		return !slices.ContainsFunc(all, func(e entry) bool { return strings.HasPrefix(e.name, layer+".") })
	})
	if len(layers) != len(units) {
		return nil, fmt.Errorf("they are another net's: they have %d numbered layers with parameters, %.100s, "+
			"and this net has %d, %.400s", len(units), strings.Join(units, " "), len(layers), strings.Join(layers, " "))
	}
	names := map[string]string{}
	for i, unit := range units {
		names[unit] = layers[i]
	}
	result := map[string]saved{}
	for name, tensor := range tensors {
		unit := numbers.FindString(name)
		result[names[unit]+"."+name[len(unit):]] = tensor
	}
	return result, nil
}
