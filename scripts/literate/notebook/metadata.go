package notebook

import (
	"encoding/json"
	"fmt"
)

// Metadata is what the notebook keeps beside a cell; D2L is this project's part.
type Metadata struct {
	D2L D2L
}

// D2L is the metadata that scripts/literate reads and writes.
type D2L struct {
	// Tolerance is by how much a figure may differ in a new run, by the word that
	// stands before it in what the cell prints.
	Tolerance map[string]float64

	// Agreed is what the cell's marked declarations and the package's were when
	// they were last the same, by the declaration's name.
	Agreed map[string]string
}

// read refuses what nothing reads: a misspelt key would be in force
// nowhere, and nobody would know.
func (d *D2L) read(data []byte) error {
	const known = `it holds "agreed" and "tolerance"`
	var all map[string]json.RawMessage
	if err := json.Unmarshal(data, &all); err != nil {
		return fmt.Errorf("d2l in its metadata is %s; %s", data, known)
	}
	for key, value := range all {
		switch key {
		case "tolerance":
			if err := json.Unmarshal(value, &d.Tolerance); err != nil {
				return fmt.Errorf(`d2l.tolerance in its metadata is %s; write it as {"loss": 0.03}`, value)
			}
		case "agreed":
			if err := json.Unmarshal(value, &d.Agreed); err != nil {
				return fmt.Errorf("d2l.agreed in its metadata is %s; scripts/literate writes it, take it away", value)
			}
		default:
			return fmt.Errorf("d2l in its metadata holds %q, which nothing reads; %s", key, known)
		}
	}
	return nil
}
