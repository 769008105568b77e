// Package library holds the scenarios that come with ecsim: questions planners
// ask, each with a well-run answer to compare with.
package library

import (
	"embed"
	"io/fs"
	"strings"
)

// FS holds NAME.toml of each scenario and the traces they replay.
//
//go:embed *.toml *.gz *.csv
var FS embed.FS

// Names lists the scenarios in order.
func Names() []string {
	entries, err := fs.ReadDir(FS, ".")
	if err != nil {
		panic(err) // an embedded folder can always be read
	}
	var names []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ".toml"); ok {
			names = append(names, name)
		}
	}
	return names
}
